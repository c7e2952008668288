"""An invented sales organisation of a telecom operator, so that there is something to look at."""
