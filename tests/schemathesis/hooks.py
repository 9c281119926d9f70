"""What Schemathesis cannot know from the description of the API."""

import itertools

import schemathesis
from schemathesis.core.parameters import ParameterLocation

count = itertools.count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Gives every request an Idempotency-Key of its own, as its caller must.

    Keys that are made up repeat themselves, and a key that comes with another request is refused, which no schema
    can say. Keys that are no keys stay as they are.
    """
    if case.meta is not None and case.meta.generation.mode.is_negative:
        where = getattr(case.meta.phase.data, "parameter_location", None)
        if where == ParameterLocation.HEADER:
            # It is the headers that are tested.
            return
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and 1 <= len(key) <= 255 and all(" " <= sign <= "~" for sign in key):
        case.headers["Idempotency-Key"] = f"{next(count)} {key}"[:255]
