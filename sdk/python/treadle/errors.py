"""The one exception of this package."""

from typing import Any, Mapping, Optional

_KINDS = frozenset(
    (
        'invalid',
        'unauthenticated',
        'forbidden',
        'missing',
        'conflict',
        'too-large',
        'limited',
        'unavailable',
        'internal',
    )
)


class TreadleError(Exception):
    """A request that was not answered as hoped, in the words of the server.

    Attributes:
        kind: invalid, unauthenticated, forbidden, missing, conflict, too-large, limited, unavailable or internal.
        message: what was wrong.
        field: the field of the request that is wrong, where one is.
        hint: what to do next, where that is known.
        code: a word for programs, where the server has one.
        status: HTTP status of the answer; None where nobody answered, or nothing was asked.
        request_id: names the request in the server's log.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        field: Optional[str] = None,
        hint: Optional[str] = None,
        code: Optional[str] = None,
        status: Optional[int] = None,
        request_id: Optional[str] = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.field = field
        self.hint = hint
        self.code = code
        self.status = status
        self.request_id = request_id

    def __str__(self) -> str:
        where = f' (field {self.field})' if self.field else ''
        hint = f'\n  {self.hint}' if self.hint else ''
        return f'{self.kind}: {self.message}{where}{hint}'

    def __reduce__(self) -> Any:
        # Errors travel between processes (multiprocessing, joblib) by pickle, which by itself would only hand back the message.
        named = {name: getattr(self, name) for name in ('field', 'hint', 'code', 'status', 'request_id')}
        return (_again, (self.kind, self.message, named))


def _again(kind: str, message: str, named: Mapping[str, Any]) -> TreadleError:
    return TreadleError(kind, message, **named)


def refusal(status: int, told: object, base: str) -> TreadleError:
    """What the server says of a refusal; of an answer that is not its own the status is all there is."""
    error = told.get('error') if isinstance(told, dict) else None
    if not isinstance(error, dict) or error.get('kind') not in _KINDS:
        return TreadleError('unavailable', f'the server answered {status}', hint=stranger(base), status=status)
    rest = {name: error[name] for name in ('field', 'hint', 'code', 'request_id') if isinstance(error.get(name), str)}
    return TreadleError(error['kind'], str(error.get('message')), status=status, **rest)


def stranger(base: str) -> str:
    return f'what answers at {base} may be no Treadle server; TREADLE_URL says where it is'
