-- Replays the lines of a file as requests, in turn, each connection with the next one; tells its figures as JSON.
-- wrk -s replay.lua URL -- get FILE PREFIX HEADER   each line is what follows PREFIX in the address
-- wrk -s replay.lua URL -- post FILE PREFIX HEADER  each line is a body for the address PREFIX

local requests, at = {}, 0

function init(args)
    local headers = {}
    if args[4] and args[4] ~= "" then
        local name, value = args[4]:match("^([^:]+): (.*)$")
        headers[name] = value
    end
    for line in io.lines(args[2]) do
        if args[1] == "post" then
            headers["Content-Type"] = "application/json"
            requests[#requests + 1] = wrk.format("POST", args[3], headers, line)
        else
            requests[#requests + 1] = wrk.format("GET", args[3] .. line, headers)
        end
    end
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\nFIGURES {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "bad": %d}\n',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
