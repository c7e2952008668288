"""What `spanco doctor` looks at: is everything here that Spanco needs, and does it answer."""

import platform
import sys

from rich.console import Console

from spanco.app import BadApiFile, running, served_apis
from spanco.kernel.errors import Problem
from spanco.settings import Settings
from spanco.store.migrate import OldServer

_OLDEST_PYTHON = (3, 11)


async def examine(settings: Settings, console: Console) -> bool:
    """Say what was found, line by line; True when all is well."""

    def say(subject: str, finding: str, *, good: bool = True) -> bool:
        console.print(f"{'[green]ok  [/green]' if good else '[red]bad [/red]'} {subject:<10} {finding}")
        return good

    well = say("python", platform.python_version(), good=sys.version_info >= _OLDEST_PYTHON)
    say("auth", settings.auth)
    try:
        served = served_apis(settings.api)
    except BadApiFile as error:
        return say("apis", str(error), good=False)
    for api in served:
        say("api", f"{api.api_id} {api.title} {api.version} at {api.base_path}")
    try:
        async with running(settings) as system, system.database.connected() as connection:
            version = await connection.fetchval("show server_version")
            where = "SPANCO_DATABASE_URL" if settings.database_url else f"embedded in {settings.data_dir}"
            say("database", f"PostgreSQL {version}, {where}")
            steps = await connection.fetchval("select count(*) from migration")
            say("schema", f"{steps} migrations applied")
    except (Problem, OldServer) as error:
        return say("database", str(error), good=False)
    return well
