"""What Python 3.10 has not yet: there, `NotRequired` says only that the value may be missing."""

import typing

if typing.TYPE_CHECKING:
    from typing_extensions import NotRequired
else:
    NotRequired = getattr(typing, 'NotRequired', typing.Optional)

__all__ = ['NotRequired']
