# Generated from src/ledger/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""The audit log with its proofs, and lineage."""

from typing import Any, Literal, TypedDict

from .._typing import NotRequired
from ..transport import Page, Transport, given, segment


class Checkpoint(TypedDict):
    """The signed head of the ledger."""
    size: int
    """Entries in the tree."""
    root: str
    """Root of the tree. SHA-256, hex."""
    checkpoint: str
    """C2SP signed note over log name, size and root. Keep a copy elsewhere: it shows later that
    nothing was rewritten.
    """
    public_key: str
    """Ed25519 public key of the log, PEM."""


Edge = TypedDict(
    'Edge',
    {
        # `noun:id`.
        'from': str,
        # `noun:id`.
        'to': str,
        # The verb from the side of `from`: read, produced, trained-by, derived-from, registered-from.
        'relation': str,
    },
)


class EntryActor(TypedDict):
    """Who did it."""
    kind: str
    """owner, user, service, token or system."""
    id: str
    """Of the person, or of the token."""
    name: str
    """Of a person their id, as the ledger keeps it, also where they used a token."""
    person: NotRequired[str]
    """What the person or service is called now; absent where they are removed."""
    token: NotRequired[str]
    """What the token is called that was used."""


class Entry(TypedDict):
    """One change: who did what to which thing, when and why."""
    seq: int
    """Place in the ledger, from 0: the index of its leaf in the Merkle tree."""
    time: int
    """When the change was made. Milliseconds since 1970, UTC."""
    action: str
    """What was done, in the past tense: `dataset_version.committed`."""
    resource: str
    """What was changed: `noun:id`."""
    actor: EntryActor
    """Who did it."""
    request_id: str
    before: NotRequired[Any]
    """State before the change, or its digest."""
    after: NotRequired[Any]
    """State after the change, or its digest."""
    reason: NotRequired[str]
    """Why, as its author wrote it."""
    edges: NotRequired[list[Edge]]
    """The lineage that the change made."""
    leaf: str
    """Leaf hash of the entry. SHA-256, hex."""


class EntryProof(TypedDict):
    entry: Entry
    text: str
    """The canonical JSON (RFC 8785) that the leaf hash covers: leaf = SHA-256(0x00 ‖ text)."""
    size: int
    """Entries in the tree that the proof is for."""
    root: str
    """Root of that tree. SHA-256, hex."""
    path: list[str]
    """RFC 6962 audit path, from the leaf up."""
    checkpoint: str
    """The signed note for this root."""


class LineageGraphNodes(TypedDict):
    id: str
    """`noun:id`."""
    noun: str
    depth: int
    """Steps from the node asked for: below 0 upstream (what it came from), above 0 downstream."""


LineageGraphEdges = TypedDict(
    'LineageGraphEdges',
    {
        # `noun:id`.
        'from': str,
        # `noun:id`.
        'to': str,
        # The verb from the side of `from`: read, produced, trained-by, derived-from, registered-from.
        'relation': str,
        # The ledger entry that proves it.
        'seq': int,
    },
)


class LineageGraph(TypedDict):
    """Where a thing came from and what came from it."""
    root: str
    nodes: list[LineageGraphNodes]
    edges: list[LineageGraphEdges]
    truncated: bool
    """There is more, further away or beyond 2,000 nodes."""


class VerificationFault(TypedDict):
    """The first thing that is wrong."""
    what: Literal['entry', 'edge', 'subtree', 'head', 'table']
    seq: NotRequired[int]
    """The entry, or the entry of the edge."""
    n: NotRequired[int]
    """The edge's place in its entry."""
    reason: str


class Verification(TypedDict):
    ok: bool
    entries: int
    """Entries read and found right."""
    edges: int
    """Lineage edges read and found right."""
    root: str
    """Root computed from them. SHA-256, hex."""
    checkpoint: str
    fault: NotRequired[VerificationFault]
    """The first thing that is wrong."""


class GetConsistencyAnswer(TypedDict):
    first: int
    """Size of the earlier tree."""
    second: int
    """Size of the later tree."""
    path: list[str]
    """RFC 6962 consistency proof."""


class LedgerApi:
    """The audit log with its proofs, and lineage."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get_checkpoint(
        self,
    ) -> Checkpoint:
        """Get the signed head of the ledger.

        GET /api/v1/ledger/checkpoint; needs ledger:read.
        """
        return self._transport.json(
            'GET',
            '/api/v1/ledger/checkpoint',
        )

    def get_consistency(
        self,
        *,
        first: int,
        second: int | None = None,
    ) -> GetConsistencyAnswer:
        """Prove that the ledger of an earlier checkpoint is the start of a later one.

        GET /api/v1/ledger/consistency; needs ledger:read.

        Args:
            first: Size in the earlier checkpoint.
            second: Size in the later one; now unless said.
        """
        return self._transport.json(
            'GET',
            '/api/v1/ledger/consistency',
            query=given({'first': first, 'second': second}),
        )

    def get_entry(
        self,
        seq: int,
    ) -> EntryProof:
        """Show a ledger entry with its inclusion proof.

        GET /api/v1/ledger/entries/:seq; needs ledger:read.

        Args:
            seq: Place in the ledger.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/ledger/entries/{segment('seq', seq)}",
        )

    def get_lineage(
        self,
        node: str,
        *,
        direction: Literal['up', 'down', 'both'] | None = None,
        depth: int | None = None,
    ) -> LineageGraph:
        """Show where a thing came from and what came from it.

        GET /api/v1/lineage/:node; needs ledger:read.

        Args:
            node: `noun:id`.
            direction: up: what it came from; down: what came from it; both unless said.
            depth: Steps to walk; 10 unless said.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/lineage/{segment('node', node)}",
            query=given({'direction': direction, 'depth': depth}),
        )

    def list_entries(
        self,
        *,
        action: str | None = None,
        resource: str | None = None,
        actor: str | None = None,
        since: int | None = None,
        until: int | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[Entry]:
        """List ledger entries of the workspace, newest first.

        GET /api/v1/ledger/entries; needs ledger:read.

        Args:
            resource: `noun:id`.
            actor: Id or name of who did it, with whichever token.
            since: From this time on. Milliseconds since 1970, UTC.
            until: Before this time. Milliseconds since 1970, UTC.
            limit: 100 unless said. A page of large entries holds fewer; its `next` leads on.
            page: `next` of the page before.
        """
        return self._transport.page(
            'GET',
            '/api/v1/ledger/entries',
            query=given({
                'action': action,
                'resource': resource,
                'actor': actor,
                'since': since,
                'until': until,
                'limit': limit,
                'page': page,
            }),
        )

    def verify(
        self,
    ) -> Verification:
        """Check the whole ledger.

        Recomputes every hash from the tables: a changed, removed, added or reordered entry or edge
        is found and the first is named. Callers that come meanwhile share one check.

        GET /api/v1/ledger/verification; needs ledger:read.
        """
        return self._transport.json(
            'GET',
            '/api/v1/ledger/verification',
        )
