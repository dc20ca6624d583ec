"""The Python client of Treadle: `treadle.Treadle()`. Types and methods are those of the server's contracts."""

from .client import Treadle
from .errors import TreadleError
from .transport import UNSET, Download, Event, Events, Page, every
from .version import __version__

__all__ = ['UNSET', 'Download', 'Event', 'Events', 'Page', 'Treadle', 'TreadleError', '__version__', 'every']
