"""How a request gets to the server and its answer back: HTTP by the standard library, and nothing else.

A connection carries one request. A server that refuses an upload before it has read it is still heard, which is why this
stands on http.client and not on urllib.request; and no redirect is followed, so that a token goes where it was meant to go.
"""

import json as _json
import os
import time
from typing import (
    IO,
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Tuple,
    TypeVar,
    Union,
)

from .errors import TreadleError, refusal, stranger
from .version import __version__

if TYPE_CHECKING:
    from http.client import HTTPConnection, HTTPMessage, HTTPResponse

T = TypeVar('T')

Body = Union[bytes, bytearray, memoryview, 'os.PathLike[str]', IO[bytes], Iterable[bytes]]
"""Bytes to upload: as they are, a file by its path (pathlib.Path) or open in binary mode, or parts one after the other."""

CHUNK = 1 << 20

# Answers that say: not now. Only what changes nothing is asked again.
_LATER = frozenset((429, 502, 503, 504))
_LONGEST_WAIT = 10.0


class Unset:
    """The type of UNSET."""

    def __repr__(self) -> str:
        return 'UNSET'


UNSET = Unset()
"""Leaves a field out where None would be an answer of its own."""


class Page(List[T]):
    """One page of a list, as a list; `treadle.every` reads all of them.

    Attributes:
        next: hand it back as `page` to get the next page; None on the last.
    """

    def __init__(self, items: Iterable[T] = (), next: Optional[str] = None) -> None:
        super().__init__(items)
        self.next = next


class Event(NamedTuple):
    """One server-sent event."""

    event: str
    """Its name; `message` where it has none."""
    data: Any
    """What it carries, from JSON."""
    id: Optional[str]
    """Its place in the stream, where it has one."""


def given(fields: Mapping[str, Any], nulls: Tuple[str, ...] = ()) -> Dict[str, Any]:
    """The fields that were given: None is none, except where the server tells null from nothing."""
    return {
        name: value
        for name, value in fields.items()
        if value is not UNSET and (value is not None or name in nulls)
    }


def segment(name: str, value: object) -> str:
    """A value as one part of a path. An empty one would be another endpoint's path: of all runs instead of one."""
    return _quoted(name, value, '')


def rest(name: str, value: object) -> str:
    """A value as the rest of a path; its slashes stay."""
    return _quoted(name, value, '/')


def _quoted(name: str, value: object, safe: str) -> str:
    from urllib.parse import quote

    text = str(value)
    if text == '' or value is None:
        raise TreadleError('invalid', f'{name} is empty', field=name)
    return quote(text, safe=safe)


class Download:
    """Bytes on their way from the server: read them, go over them in parts, or save them to a file.

    Use it in a `with`, or read it to its end: until then it holds a connection.
    """

    def __init__(self, connection: 'HTTPConnection', reply: 'HTTPResponse', base: str) -> None:
        self._connection = connection
        self._reply = reply
        self._base = base
        self._seen = 0
        length = reply.headers.get('content-length')
        self.size: Optional[int] = int(length) if length is not None and length.isdigit() else None
        """How many bytes there are, where the server said so."""
        self.headers: 'HTTPMessage' = reply.headers

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, all that are left unless said; b'' at the end."""
        if size is None or size < 0:
            return b''.join(self)
        if size == 0 or self._reply.isclosed():
            return b''
        from http.client import HTTPException

        try:
            part = self._reply.read(size)
        except (OSError, HTTPException) as error:
            self.close()
            raise self._broken() from error
        self._seen += len(part)
        if not part:
            self.close()
            # http.client takes an early end for the end.
            if self.size is not None and self._seen < self.size:
                raise self._broken()
        return part

    def _broken(self) -> TreadleError:
        of = '' if self.size is None else f' of {self.size}'
        return TreadleError('unavailable', f'the download from {self._base} broke off after {self._seen}{of} bytes')

    def __iter__(self) -> Iterator[bytes]:
        while part := self.read(CHUNK):
            yield part

    def save(self, path: 'Union[str, os.PathLike[str]]') -> int:
        """Writes all of it to a file, which is there whole or not at all; returns its size in bytes."""
        target = os.fspath(path)
        beside = f'{target}.{os.getpid()}.part'
        try:
            with self, open(beside, 'wb') as file:
                for part in self:
                    file.write(part)
            os.replace(beside, target)
        except BaseException:
            try:
                os.unlink(beside)
            except OSError:
                pass
            raise
        return self._seen

    def close(self) -> None:
        self._reply.close()
        self._connection.close()

    def __enter__(self) -> 'Download':
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Events:
    """Events as they come, until the server ends them or `close` is called. Pings that keep the connection are left out."""

    def __init__(self, download: Download) -> None:
        self._download = download

    def __iter__(self) -> Iterator[Event]:
        name, data, place = 'message', [], None  # type: str, List[str], Optional[str]
        for line in self._lines():
            if line == '':
                if data and name != 'ping':
                    yield Event(name, _json.loads('\n'.join(data)), place)
                name, data = 'message', []
                continue
            field, _, value = line.partition(':')
            value = value[1:] if value.startswith(' ') else value
            if field == 'event':
                name = value
            elif field == 'data':
                data.append(value)
            elif field == 'id':
                place = value

    def _lines(self) -> Iterator[str]:
        from http.client import HTTPException

        reply = self._download._reply
        while True:
            try:
                line = reply.readline()
            except (OSError, HTTPException, ValueError) as error:
                if reply.closed:
                    return
                self.close()
                raise self._download._broken() from error
            if not line:
                return self.close()
            self._download._seen += len(line)
            yield line.decode('utf-8').rstrip('\r\n')

    def close(self) -> None:
        self._download.close()

    def __enter__(self) -> 'Events':
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Transport:
    """Requests to one server; safe to use from several threads.

    Args:
        url: where the server is: http://127.0.0.1:5000.
        token: sent as bearer where one is needed.
        workspace: the workspace to work in; that of the token unless said.
        timeout: seconds without a byte after which nobody is taken to be there; events are waited for without end.
        retries: how often a request that changes nothing is asked again when the server is not there or says: not now.
    """

    def __init__(
        self, url: str, token: Optional[str], workspace: Optional[str], timeout: float, retries: int
    ) -> None:
        from urllib.parse import urlsplit

        parts = urlsplit(url)
        try:
            known = parts.scheme in ('http', 'https') and parts.hostname is not None
            self._port = parts.port
        except ValueError:
            known = False
        if not known:
            raise TreadleError(
                'invalid',
                f"TREADLE_URL is '{url}'",
                field='TREADLE_URL',
                hint='write it as http://127.0.0.1:5000',
            )
        self.url = url.rstrip('/')
        self._secure = parts.scheme == 'https'
        self._host = parts.hostname or ''
        self._path = parts.path.rstrip('/')
        self._timeout = timeout
        self._retries = retries
        self._headers = {'user-agent': f'treadle-python/{__version__}', 'accept': '*/*'}
        if token:
            self._headers['authorization'] = f'Bearer {token}'
        if workspace:
            self._headers['x-treadle-workspace'] = workspace
        for name, value in (('TREADLE_TOKEN', token), ('TREADLE_WORKSPACE', workspace)):
            # A line break would be a header of its own.
            if value and not (value.isascii() and value.isprintable()):
                raise TreadleError('invalid', f'{name} has characters that no such name has', field=name)

    def json(self, method: str, address: str, **parts: Any) -> Any:
        with self._send(method, address, **parts) as download:
            text = download.read()
        try:
            return _json.loads(text)
        except ValueError as error:
            raise TreadleError('unavailable', 'the answer is not JSON', hint=stranger(self.url)) from error

    def page(self, method: str, address: str, **parts: Any) -> Page[Any]:
        answer = self.json(method, address, **parts)
        return Page(answer['items'], answer.get('next'))

    def nothing(self, method: str, address: str, **parts: Any) -> None:
        self.json(method, address, **parts)

    def text(self, method: str, address: str, **parts: Any) -> str:
        with self._send(method, address, **parts) as download:
            return download.read().decode('utf-8')

    def download(self, method: str, address: str, **parts: Any) -> Download:
        return self._send(method, address, **parts)

    def events(self, method: str, address: str, **parts: Any) -> Events:
        return Events(self._send(method, address, endless=True, **parts))

    def _send(
        self,
        method: str,
        address: str,
        query: Optional[Mapping[str, Any]] = None,
        json: Optional[Mapping[str, Any]] = None,
        body: Optional[Body] = None,
        wait: Optional[int] = None,
        endless: bool = False,
    ) -> Download:
        path = self._path + address + _query(query or {})
        headers = dict(self._headers)
        if json is not None:
            body = _encoded(json)
            headers['content-type'] = 'application/json'
        elif body is not None:
            headers['content-type'] = 'application/octet-stream'
        left = self._retries if method == 'GET' else 0
        while True:
            try:
                return self._once(method, path, headers, body, self._timeout + (wait or 0), endless)
            except _Refused as refused:
                if left == 0 or refused.status not in _LATER:
                    raise refused.error from None
                pause = refused.after
            except TreadleError as error:
                if left == 0 or error.kind != 'unavailable':
                    raise
                pause = None
            time.sleep(min(_LONGEST_WAIT, 0.2 * 2 ** (self._retries - left) if pause is None else pause))
            left -= 1

    def _once(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Optional[Body],
        timeout: float,
        endless: bool,
    ) -> Download:
        import socket
        from http.client import HTTPConnection, HTTPException, HTTPSConnection

        connection = (HTTPSConnection if self._secure else HTTPConnection)(self._host, self._port, timeout=timeout)
        try:
            with _Upload(body) as upload:
                try:
                    connection.request(
                        method, path, upload.source, {**headers, **upload.headers}, encode_chunked=upload.chunked
                    )
                except (BrokenPipeError, ConnectionResetError):
                    # A server that refuses an upload hangs up before it has it all, and has said why.
                    if body is None or connection.sock is None:
                        raise
            line = connection.sock
            reply = connection.getresponse()
            if reply.status < 300:
                if endless and line is not None:
                    # Nothing may happen for hours; that the other machine is gone, TCP finds out by itself.
                    line.settimeout(None)
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                return Download(connection, reply, self.url)
            refused = _Refused(reply.status, refusal(reply.status, _said(reply), self.url), reply.headers.get('retry-after'))
        except (OSError, HTTPException) as error:
            connection.close()
            raise self._unreached(error) from error
        except BaseException:
            connection.close()
            raise
        connection.close()
        raise refused

    def _unreached(self, error: Exception) -> TreadleError:
        from socket import gaierror

        nobody = isinstance(error, (ConnectionRefusedError, gaierror))
        why = '' if nobody else f': {str(error) or type(error).__name__}'
        local = not self._secure and (self._host in ('localhost', '::1') or self._host.startswith('127.'))
        port = '' if self._port == 5000 else f' --port {self._port or 80}'
        hint = (
            f'start one with: treadle server{port} (or set TREADLE_URL to where one is)'
            if local
            else 'TREADLE_URL names it: start the server there, or set TREADLE_URL to where one is'
        )
        return TreadleError('unavailable', f'no Treadle server answers at {self.url}{why}', hint=hint)


class _Refused(Exception):
    def __init__(self, status: int, error: TreadleError, after: Optional[str]) -> None:
        super().__init__(status)
        self.status = status
        self.error = error
        self.after = float(after) if after is not None and after.isdigit() else None


class _Upload:
    """A body as http.client takes it, with its length where that is known; a file that it opened it closes."""

    def __init__(self, body: Optional[Body]) -> None:
        self.headers: Dict[str, str] = {}
        self.chunked = False
        self.source: Any = body
        self._file: Optional[IO[bytes]] = None
        if body is None:
            return
        if isinstance(body, str):
            raise TypeError('a body is bytes, a pathlib.Path, an open file or parts of bytes; str is none of them')
        if isinstance(body, (bytes, bytearray, memoryview)):
            self.source = bytes(body)
            length: Optional[int] = len(self.source)
        elif isinstance(body, os.PathLike):
            self.source = self._file = open(body, 'rb')
            length = _left(self._file)
        else:
            length = _left(body)
        if length is None:
            self.headers['transfer-encoding'] = 'chunked'
            self.chunked = True
        else:
            self.headers['content-length'] = str(length)

    def __enter__(self) -> '_Upload':
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()


def _left(body: Any) -> Optional[int]:
    """Bytes from where an open file is to its end; None where it is a pipe, or no file."""
    import stat

    try:
        known = os.fstat(body.fileno())
        return known.st_size - body.tell() if stat.S_ISREG(known.st_mode) else None
    except (AttributeError, OSError, ValueError):
        return None


def _said(reply: 'HTTPResponse') -> object:
    # What breaks off while it says why is a refusal all the same.
    from http.client import HTTPException

    try:
        return _json.loads(reply.read(CHUNK))
    except (OSError, ValueError, HTTPException):
        return None


def _encoded(fields: Mapping[str, Any]) -> bytes:
    try:
        return _json.dumps(fields, ensure_ascii=False, allow_nan=False).encode('utf-8')
    except ValueError as error:
        raise TreadleError(
            'invalid',
            f'the request cannot be written as JSON: {error}',
            hint="where a number may be none, write it as text: 'NaN', 'Infinity', '-Infinity'",
        ) from error


def _query(fields: Mapping[str, Any]) -> str:
    from urllib.parse import quote, urlencode

    pairs = [
        (name, _word(one))
        for name, value in fields.items()
        for one in (value if isinstance(value, (list, tuple)) else (value,))
    ]
    return f'?{urlencode(pairs, quote_via=quote)}' if pairs else ''


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def every(method: 'Callable[..., Page[T]]', *args: Any, **fields: Any) -> Iterator[T]:
    """All items of a list, page after page, each page asked for when it is needed.

    Example: `for model in treadle.every(client.models.list_models, search='flight'): …`
    """
    page = method(*args, **fields)
    while True:
        yield from page
        if page.next is None:
            return
        page = method(*args, **{**fields, 'page': page.next})
