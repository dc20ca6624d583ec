# Generated from src/maintenance/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""The store of blobs: space, pins, gc, verify."""

from typing import TypedDict

from .._typing import NotRequired
from ..transport import Events, Page, Transport, given, segment


class CollectRequest(TypedDict):
    dry_run: NotRequired[bool]
    """Remove nothing, only say what would go."""
    grace_ms: NotRequired[int]
    """What was deleted, sent or asked for within this many milliseconds stays. A day unless said; an
    hour at least, since what is under way has not said yet what it needs.
    """
    compact: NotRequired[bool]
    """Rewrite every pack that holds a byte which nobody needs, not only those with a fifth of them."""


class Pin(TypedDict):
    """What gc keeps whoever deletes it: all that was pinned under one name, or one blob."""
    of: NotRequired[str]
    """What the blobs are the content of, as people write it: `flights@v3`. Names of each workspace are
    its own.
    """
    hash: NotRequired[str]
    """Of a blob that was pinned by its hash."""
    workspace: NotRequired[str]
    """Whose name `of` is."""
    blobs: int
    """How many are pinned so."""
    bytes: int
    """Of their content, together."""
    reason: str
    """Why."""
    created_at: int
    """When it was pinned. Milliseconds since 1970, UTC."""
    created_by: str
    """Who pinned it."""


class PinRequest(TypedDict):
    hashes: list[str]
    of: NotRequired[str]
    """What the blobs are the content of, as people write it: `flights@v3`. Names of each workspace are
    its own.
    """
    reason: str
    """Why; who reads the pins later wants to know."""


class StoreSpaceNouns(TypedDict):
    noun: str
    """Kind of noun: dataset versions, runs, logged models, executions."""
    blobs: int
    bytes: int
    """As handed in."""
    stored: int
    """On disk."""


class StoreSpaceAll(TypedDict):
    blobs: int
    bytes: int
    stored: int


class StoreSpacePinned(TypedDict):
    """Named by nobody, and pinned: gc keeps it until it is unpinned."""
    blobs: int
    stored: int


class StoreSpaceOrphaned(TypedDict):
    """Named by nobody, and not pinned: gc removes it once its grace period is over."""
    blobs: int
    stored: int


class StoreSpaceMissing(TypedDict):
    hash: str
    noun: str


class StoreSpaceBroken(TypedDict):
    hash: str
    by: str
    reason: str


class StoreSpace(TypedDict):
    nouns: list[StoreSpaceNouns]
    """Blobs that several kinds share count with each of them."""
    all: StoreSpaceAll
    pinned: StoreSpacePinned
    """Named by nobody, and pinned: gc keeps it until it is unpinned."""
    orphaned: StoreSpaceOrphaned
    """Named by nobody, and not pinned: gc removes it once its grace period is over."""
    missing: list[StoreSpaceMissing]
    """Named, and not stored; the first hundred."""
    broken: list[StoreSpaceBroken]
    """Lists of files that cannot be read; what they name may be counted as orphaned."""


class PinBlobsAnswer(TypedDict):
    pinned: int
    """How many were not pinned so before."""


class UnpinAnswer(TypedDict):
    blobs: int


class UnpinBlobAnswer(TypedDict):
    hash: str
    """BLAKE3 of the content."""


class MaintenanceApi:
    """The store of blobs: space, pins, gc, verify."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def collect_store(
        self,
        *,
        dry_run: bool | None = None,
        grace_ms: int | None = None,
        compact: bool | None = None,
    ) -> Events:
        """Give back the space of what nobody needs any more.

        Server-sent events: `progress` (stage, blobs, bytes) and `done` at the end: what is used,
        what was removed, what is kept for its age, and the bytes that the disk got back; or
        `failed` (kind, message, hint, code).

        POST /api/v1/store/gc; needs server:admin.

        Args:
            dry_run: Remove nothing, only say what would go.
            grace_ms: What was deleted, sent or asked for within this many milliseconds stays. A day
                unless said; an hour at least, since what is under way has not said yet what it
                needs.
            compact: Rewrite every pack that holds a byte which nobody needs, not only those with a
                fifth of them.
        """
        return self._transport.events(
            'POST',
            '/api/v1/store/gc',
            json=given({'dry_run': dry_run, 'grace_ms': grace_ms, 'compact': compact}),
        )

    def list_pins(
        self,
        *,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[Pin]:
        """List what gc keeps whoever needs it, the newest first.

        GET /api/v1/store/pins; needs server:admin.

        Args:
            limit: 100 unless said.
            page: The `next` of the page before.
        """
        return self._transport.page(
            'GET',
            '/api/v1/store/pins',
            query=given({'limit': limit, 'page': page}),
        )

    def pin_blobs(
        self,
        *,
        hashes: list[str],
        reason: str,
        of: str | None = None,
    ) -> PinBlobsAnswer:
        """Keep blobs from gc until they are unpinned.

        All of them or, when one is not stored, none. A pin keeps the bytes; what was pinned before
        under the same name keeps its reason.

        POST /api/v1/store/pins; needs server:admin.

        Args:
            reason: Why; who reads the pins later wants to know.
            of: What the blobs are the content of, as people write it: `flights@v3`. Names of each
                workspace are its own.
        """
        return self._transport.json(
            'POST',
            '/api/v1/store/pins',
            json=given({'hashes': hashes, 'of': of, 'reason': reason}),
        )

    def store_space(
        self,
    ) -> StoreSpace:
        """Say what takes the space, by kind of noun.

        GET /api/v1/store/space; needs server:admin.
        """
        return self._transport.json(
            'GET',
            '/api/v1/store/space',
        )

    def unpin(
        self,
        *,
        of: str,
    ) -> UnpinAnswer:
        """Leave all that was pinned under a name to gc again, also when what it names is gone.

        DELETE /api/v1/store/pins; needs server:admin.

        Args:
            of: What the blobs are the content of, as people write it: `flights@v3`. Names of each
                workspace are its own.
        """
        return self._transport.json(
            'DELETE',
            '/api/v1/store/pins',
            query=given({'of': of}),
        )

    def unpin_blob(
        self,
        hash: str,
    ) -> UnpinBlobAnswer:
        """Leave a blob that was pinned by its hash to gc again.

        DELETE /api/v1/store/pins/:hash; needs server:admin.

        Args:
            hash: BLAKE3 of the content.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/store/pins/{segment('hash', hash)}",
        )

    def verify_store(
        self,
    ) -> Events:
        """Read every stored byte, and name what is damaged or gone.

        Server-sent events: `progress` along the way (blobs and bytes read, and of how many),
        `damaged` for each blob whose bytes are not its own (hash, size, pack, reason, used_by:
        every noun that names it), and `done` at the end (blobs, bytes, damaged).

        GET /api/v1/store/verify; needs server:admin.
        """
        return self._transport.events(
            'GET',
            '/api/v1/store/verify',
        )
