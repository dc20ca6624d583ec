"""A client of one Treadle server."""

import os
from typing import Optional

from .api import Api
from .transport import Transport


class Treadle(Api):
    """A Treadle server, room by room: `Treadle().models.list_models()`.

    Args:
        url: where the server is; `TREADLE_URL` unless said, and without that http://127.0.0.1:5000.
        token: `TREADLE_TOKEN` unless said; on loopback none is needed.
        workspace: `TREADLE_WORKSPACE` unless said, and without that the token's own.
        timeout: seconds without a byte after which nobody is taken to be there; events are waited for without end.
        retries: how often a request that changes nothing (GET) is asked again when the server is not there or says: not
            now. What changes something is asked once: whether a request that got no answer was done, only the server knows.

    Every method raises TreadleError. A client may be used from several threads.
    """

    def __init__(
        self,
        url: Optional[str] = None,
        token: Optional[str] = None,
        workspace: Optional[str] = None,
        *,
        timeout: float = 300.0,
        retries: int = 2,
    ) -> None:
        env = os.environ
        super().__init__(
            Transport(
                url or env.get('TREADLE_URL') or 'http://127.0.0.1:5000',
                token or env.get('TREADLE_TOKEN') or None,
                workspace or env.get('TREADLE_WORKSPACE') or None,
                timeout,
                retries,
            )
        )

    @property
    def url(self) -> str:
        return self._transport.url

    def __repr__(self) -> str:
        return f'Treadle({self.url!r})'
