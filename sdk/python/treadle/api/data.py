# Generated from src/data/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""Datasets, their versions, files and profiles; SQL over them."""

from typing import Any, Literal, TypedDict

from .._typing import NotRequired
from ..transport import Body, Download, Page, Transport, UNSET, Unset, given, segment


class ColumnProfileHistogram(TypedDict):
    edges: list[float]
    """One more than counts; equal widths from min to max."""
    counts: list[int]


class ColumnProfileTop(TypedDict):
    value: str
    count: int


class ColumnProfile(TypedDict):
    name: str
    type: str
    """DuckDB's name of the type."""
    nulls: int
    distinct: int
    """Number of distinct values that are not null: exact, unless distinct_error is there."""
    distinct_error: NotRequired[int]
    """The number is estimated, and off by at most this much in 95 of 100 cases. Absent: exact."""
    min: NotRequired[str]
    max: NotRequired[str]
    mean: NotRequired[float]
    std: NotRequired[float]
    """Sample standard deviation."""
    quantiles: NotRequired[list[float]]
    """5, 25, 50, 75 and 95 percent: exact, unless quantiles_error is there."""
    quantiles_error: NotRequired[float]
    """The quantiles are those of a sample: off in rank by at most this share of the rows in 95 of 100
    cases. Absent: exact.
    """
    histogram: NotRequired[ColumnProfileHistogram]
    top: NotRequired[list[ColumnProfileTop]]
    """The most frequent values, most frequent first."""


class FileInput(TypedDict):
    path: str
    """Path inside the version, with `/`. Any Unicode but control characters and backslash; no `.` or
    `..`; 255 bytes a segment.
    """
    hash: str
    """BLAKE3-256 of the content, 64 hex digits."""
    size: int
    executable: NotRequired[bool]


class Commit(TypedDict):
    files: list[FileInput]
    message: NotRequired[str]
    """Why this version exists."""
    source: NotRequired[str]
    meta: NotRequired[dict[str, str]]
    """How the data was collected and prepared, as key and value."""
    branch: NotRequired[str]
    """Name of a branch or tag. Not `v7` and not a hash: those name versions."""
    expected: NotRequired[str | None]
    """Id of the version the branch must still be at; null: the branch must not exist. Absent: not
    checked.
    """
    allow: NotRequired[list[Literal['empty', 'broken']]]
    """empty: take empty files and tables without rows; broken: take Parquet files that cannot be read."""


ProfileState = Literal['none', 'pending', 'ready']
"""none: no table in it; pending: the profile job has not finished; ready: see the profile."""


class DatasetVersion(TypedDict):
    id: str
    """Names this version for good: `dataset_version:<id>` in the ledger."""
    dataset: str
    """Letters, digits, dot, dash and underscore; begins with a letter or digit; 100 characters at
    most.
    """
    number: int
    name: str
    """`v` and the number."""
    hash: str
    """BLAKE3 Merkle hash over the whole tree: equal hash, equal content."""
    parents: list[str]
    """Ids of the versions it was made from."""
    message: str
    """Why this version exists."""
    source: NotRequired[str]
    """Where the data came from. Kept as text, never fetched."""
    meta: dict[str, str]
    """How the data was collected and prepared, as key and value."""
    author: str
    created_at: int
    """When it was committed. Milliseconds since 1970, UTC."""
    files: int
    bytes: int
    """Sum of the file sizes."""
    profile: ProfileState


class Committed(TypedDict):
    version: DatasetVersion
    unchanged: bool
    """The branch held exactly this content already; no version was made."""
    warnings: NotRequired[list[str]]
    """What the start of new tables says will be refused when they are read: file, line, why, and what
    to do.
    """


class Dataset(TypedDict):
    id: str
    name: str
    """Letters, digits, dot, dash and underscore; begins with a letter or digit; 100 characters at
    most.
    """
    created_at: int
    """When its first version was committed. Milliseconds since 1970, UTC."""
    created_by: str
    versions: int
    latest: NotRequired[DatasetVersion]


class Ref(TypedDict):
    name: str
    """Name of a branch or tag. Not `v7` and not a hash: those name versions."""
    kind: Literal['branch', 'tag']
    version: str
    """Version name, such as `v3`."""
    version_id: str
    updated_at: int
    """When it last moved. Milliseconds since 1970, UTC."""
    updated_by: str
    protected: NotRequired[bool]
    """It changes by merged proposals alone, whose checks passed."""


RefMove = TypedDict(
    'RefMove',
    {
        # Name of a branch or tag. Not `v7` and not a hash: those name versions.
        'ref': str,
        'kind': Literal['branch', 'tag'],
        # Version name; absent when it was made.
        'from': NotRequired[str],
        # Version name.
        'to': str,
        'reason': NotRequired[str],
        # When it moved. Milliseconds since 1970, UTC.
        'at': int,
        'by': str,
    },
)


class DatasetDetail(Dataset):
    refs: list[Ref]
    moves: list[RefMove]
    """The last 100 moves of branches and tags, newest first."""


class DiffSummary(TypedDict):
    added: int
    removed: int
    modified: int
    renamed: int
    bytes: int
    """Size of `to` less size of `from`."""


class DiffEntry(TypedDict):
    status: Literal['added', 'removed', 'modified', 'renamed']
    path: str
    """Path in the newer version; of a removed file, in the older."""
    from_path: NotRequired[str]
    """Of a renamed file: where it was."""
    old_size: NotRequired[int]
    new_size: NotRequired[int]
    old_hash: NotRequired[str]
    new_hash: NotRequired[str]


Diff = TypedDict(
    'Diff',
    {
        'from': DatasetVersion,
        'to': DatasetVersion,
        'summary': DiffSummary,
        'items': list[DiffEntry],
        'next': NotRequired[str],
    },
)


DvcLayout = Literal['md5', 'md5-dos2unix']
"""How DVC names objects: md5, of the bytes as they are (DVC 3); md5-dos2unix, of text with CRLF as LF
(DVC 2).
"""


class PreviewColumns(TypedDict):
    name: str
    type: str


class Preview(TypedDict):
    path: str
    size: int
    kind: Literal['table', 'text', 'binary']
    columns: NotRequired[list[PreviewColumns]]
    rows: NotRequired[list[list[Any]]]
    total_rows: NotRequired[int]
    text: NotRequired[str]
    """The first 64 KiB of a text file."""
    truncated: bool


class SqlQuery(TypedDict):
    query: str
    """One SELECT in DuckDB's SQL. Tables are refs in quotes: 'flights@v3', or 'flights@v3/may.parquet'
    where a version holds several; or recorded predictions: predictions('flight-delay', last 7
    days).
    """
    limit: NotRequired[int]
    """Most rows to return; 1,000 unless said."""


class SqlResultColumns(TypedDict):
    name: str
    type: str


class SqlResultVersions(TypedDict):
    ref: str
    id: str
    name: str


class SqlResult(TypedDict):
    columns: list[SqlResultColumns]
    rows: list[list[Any]]
    truncated: bool
    """There were more rows than the limit, or more bytes than 16 MiB."""
    versions: list[SqlResultVersions]
    """What each ref stood for."""
    notes: NotRequired[list[str]]
    """What is missing in the rows of `predictions(…)`, and why."""
    ms: float


TableFormat = Literal['parquet', 'csv', 'jsonl']


class TableProfileError(TypedDict):
    code: str
    """empty-file, broken-parquet, unreadable, timeout, out-of-memory or failed."""
    message: str


class TableProfile(TypedDict):
    path: str
    hash: str
    size: int
    format: TableFormat
    state: Literal['ok', 'failed', 'pending']
    error: NotRequired[TableProfileError]
    rows: NotRequired[int]
    columns: NotRequired[list[ColumnProfile]]


class TreeEntry(TypedDict):
    path: str
    kind: Literal['file', 'directory']
    hash: str
    size: int
    """Bytes; of a directory, of all files in it."""
    files: int
    """1 for a file; for a directory, how many files are in it."""
    executable: NotRequired[bool]


class CommitDvcOutputAnswer(TypedDict):
    version: NotRequired[DatasetVersion]
    unchanged: bool
    """The branch held exactly this content already."""


class DeleteDatasetAnswer(TypedDict):
    deleted: str
    """Its name in the ledger."""
    versions: int
    pinned: list[str]
    """What of it is pinned, as `flights@v3`: those files stay until they are unpinned."""


class DeleteVersionAnswer(TypedDict):
    deleted: str
    """Its name in the ledger."""
    pinned: list[str]
    """What of it is pinned, as `flights@v3`: those files stay until they are unpinned."""


class FindMissingAnswer(TypedDict):
    missing: list[str]


class FindMissingDvcAnswer(TypedDict):
    missing: list[str]


class GetProfileAnswer(TypedDict):
    state: ProfileState
    tables: list[TableProfile]


class NameIdsAnswerItems(TypedDict):
    id: str
    dataset: str
    """Letters, digits, dot, dash and underscore; begins with a letter or digit; 100 characters at
    most.
    """
    version: NotRequired[str]
    """`v3`; absent where the id is of the dataset itself."""


class NameIdsAnswer(TypedDict):
    items: list[NameIdsAnswerItems]


class UploadBlobAnswer(TypedDict):
    hash: str
    """BLAKE3-256 of the content, 64 hex digits."""
    size: int


class UploadBlobsAnswer(TypedDict):
    blobs: int
    bytes: int


class UploadDvcObjectAnswer(TypedDict):
    hash: str
    """BLAKE3-256 of the content, 64 hex digits."""
    size: int


class DataApi:
    """Datasets, their versions, files and profiles; SQL over them."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def commit_dvc_output(
        self,
        dataset: str,
        *,
        layout: DvcLayout,
        oid: str,
        parents: list[str],
        listing: str | None = None,
        path: str | None = None,
        executable: bool | None = None,
        message: str | None = None,
        source: str | None = None,
        meta: dict[str, str] | None = None,
        branch: str | None = None,
        expected: str | None | Unset = UNSET,
    ) -> CommitDvcOutputAnswer:
        """Commit a version from uploaded objects of a DVC repository: a directory by its listing, or a
        file.

        POST /api/v1/datasets/:dataset/dvc/versions; needs dataset:write.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
            layout: How DVC names objects: md5, of the bytes as they are (DVC 3); md5-dos2unix, of
                text with CRLF as LF (DVC 2).
            oid: MD5 in 32 hex digits; `.dir` behind that of a directory.
            parents: Ids of exactly the versions of this dataset that it was made from.
            listing: Of a directory: the bytes of its `.dir` object.
            path: Path inside the version, with `/`. Any Unicode but control characters and
                backslash; no `.` or `..`; 255 bytes a segment.
            message: Why this version exists.
            meta: How the data was collected and prepared, as key and value.
            branch: Name of a branch or tag. Not `v7` and not a hash: those name versions.
            expected: Id of the version the branch must still be at; null: the branch must not
                exist. Absent: not checked.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/datasets/{segment('dataset', dataset)}/dvc/versions",
            json=given({
                'layout': layout,
                'oid': oid,
                'listing': listing,
                'path': path,
                'executable': executable,
                'message': message,
                'source': source,
                'meta': meta,
                'branch': branch,
                'expected': expected,
                'parents': parents,
            }, nulls=('expected',)),
        )

    def commit_version(
        self,
        dataset: str,
        *,
        files: list[FileInput],
        message: str | None = None,
        source: str | None = None,
        meta: dict[str, str] | None = None,
        branch: str | None = None,
        expected: str | None | Unset = UNSET,
        allow: list[Literal['empty', 'broken']] | None = None,
    ) -> Committed:
        """Commit a version from uploaded blobs.

        Upload the blobs first (`/api/v1/data/missing`, then `/api/v1/data/blobs`). Names the whole
        tree; what the branch holds already is not sent again.

        POST /api/v1/datasets/:dataset/versions; needs dataset:write.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
            message: Why this version exists.
            meta: How the data was collected and prepared, as key and value.
            branch: Name of a branch or tag. Not `v7` and not a hash: those name versions.
            expected: Id of the version the branch must still be at; null: the branch must not
                exist. Absent: not checked.
            allow: empty: take empty files and tables without rows; broken: take Parquet files that
                cannot be read.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/datasets/{segment('dataset', dataset)}/versions",
            json=given({
                'files': files,
                'message': message,
                'source': source,
                'meta': meta,
                'branch': branch,
                'expected': expected,
                'allow': allow,
            }, nulls=('expected',)),
        )

    def delete_dataset(
        self,
        dataset: str,
        *,
        reason: str | None = None,
    ) -> DeleteDatasetAnswer:
        """Delete a dataset with all its versions, branches and tags.

        It cannot be brought back. The next gc gives the space of its files back.

        DELETE /api/v1/datasets/:dataset; needs dataset:write.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
            reason: Why the branch moves; kept in the ledger.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/datasets/{segment('dataset', dataset)}",
            query=given({'reason': reason}),
        )

    def delete_version(
        self,
        dataset: str,
        ref: str,
        *,
        reason: str | None = None,
    ) -> DeleteVersionAnswer:
        """Delete a version that no branch and no tag points at.

        Its number is never given again. The next gc gives the space of its files back.

        DELETE /api/v1/datasets/:dataset/versions/:ref; needs dataset:write.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
            ref: A branch, a tag, `v3`, a version id, or the first 8 or more digits of a version
                hash.
            reason: Why the branch moves; kept in the ledger.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/datasets/{segment('dataset', dataset)}/versions/{segment('ref', ref)}",
            query=given({'reason': reason}),
        )

    def diff_versions(
        self,
        dataset: str,
        *,
        from_: str,
        to: str,
        page: str | None = None,
        limit: int | None = None,
    ) -> Diff:
        """Compare two versions of a dataset file by file.

        GET /api/v1/datasets/:dataset/diff; needs dataset:read.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
            from_: A branch, a tag, `v3`, a version id, or the first 8 or more digits of a version
                hash.
            to: A branch, a tag, `v3`, a version id, or the first 8 or more digits of a version
                hash.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/datasets/{segment('dataset', dataset)}/diff",
            query=given({'from': from_, 'to': to, 'page': page, 'limit': limit}),
        )

    def download_blobs(
        self,
        dataset: str,
        ref: str,
        *,
        hashes: list[str],
    ) -> Download:
        """Download many blobs of a version in one request.

        The answer is a sequence of frames as in the upload, in the order asked for. Hashes that
        this workspace does not hold are refused.

        POST /api/v1/datasets/:dataset/versions/:ref/blobs; needs dataset:read.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
            ref: A branch, a tag, `v3`, a version id, or the first 8 or more digits of a version
                hash.
        """
        return self._transport.download(
            'POST',
            f"/api/v1/datasets/{segment('dataset', dataset)}/versions/{segment('ref', ref)}/blobs",
            json=given({'hashes': hashes}),
        )

    def download_file(
        self,
        dataset: str,
        ref: str,
        *,
        path: str,
    ) -> Download:
        """Download a file of a version; Range is understood.

        GET /api/v1/datasets/:dataset/versions/:ref/content; needs dataset:read.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
            ref: A branch, a tag, `v3`, a version id, or the first 8 or more digits of a version
                hash.
            path: Path inside the version, with `/`. Any Unicode but control characters and
                backslash; no `.` or `..`; 255 bytes a segment.
        """
        return self._transport.download(
            'GET',
            f"/api/v1/datasets/{segment('dataset', dataset)}/versions/{segment('ref', ref)}/content",
            query=given({'path': path}),
        )

    def find_missing(
        self,
        *,
        hashes: list[str],
    ) -> FindMissingAnswer:
        """Say which blobs must be uploaded before a commit.

        POST /api/v1/data/missing; needs dataset:write.
        """
        return self._transport.json(
            'POST',
            '/api/v1/data/missing',
            json=given({'hashes': hashes}),
        )

    def find_missing_dvc(
        self,
        dataset: str,
        *,
        layout: DvcLayout,
        oids: list[str],
    ) -> FindMissingDvcAnswer:
        """Say which objects of a DVC repository a dataset lacks.

        POST /api/v1/datasets/:dataset/dvc/missing; needs dataset:write.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
            layout: How DVC names objects: md5, of the bytes as they are (DVC 3); md5-dos2unix, of
                text with CRLF as LF (DVC 2).
        """
        return self._transport.json(
            'POST',
            f"/api/v1/datasets/{segment('dataset', dataset)}/dvc/missing",
            json=given({'layout': layout, 'oids': oids}),
        )

    def get_dataset(
        self,
        dataset: str,
    ) -> DatasetDetail:
        """Show a dataset with its branches, tags and their moves.

        GET /api/v1/datasets/:dataset; needs dataset:read.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/datasets/{segment('dataset', dataset)}",
        )

    def get_profile(
        self,
        dataset: str,
        ref: str,
    ) -> GetProfileAnswer:
        """Schema, row count and column profiles of the tables in a version.

        Tables are Parquet, CSV and JSONL files; the first 100 of a version are profiled.

        GET /api/v1/datasets/:dataset/versions/:ref/profile; needs dataset:read.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
            ref: A branch, a tag, `v3`, a version id, or the first 8 or more digits of a version
                hash.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/datasets/{segment('dataset', dataset)}/versions/{segment('ref', ref)}/profile",
        )

    def get_version(
        self,
        dataset: str,
        ref: str,
    ) -> DatasetVersion:
        """Show a version.

        GET /api/v1/datasets/:dataset/versions/:ref; needs dataset:read.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
            ref: A branch, a tag, `v3`, a version id, or the first 8 or more digits of a version
                hash.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/datasets/{segment('dataset', dataset)}/versions/{segment('ref', ref)}",
        )

    def list_datasets(
        self,
        *,
        page: str | None = None,
        limit: int | None = None,
    ) -> Page[Dataset]:
        """List datasets.

        GET /api/v1/datasets; needs dataset:read.
        """
        return self._transport.page(
            'GET',
            '/api/v1/datasets',
            query=given({'page': page, 'limit': limit}),
        )

    def list_files(
        self,
        dataset: str,
        ref: str,
        *,
        path: str | None = None,
        recursive: bool | None = None,
        page: str | None = None,
        limit: int | None = None,
    ) -> Page[TreeEntry]:
        """List the files of a version.

        GET /api/v1/datasets/:dataset/versions/:ref/files; needs dataset:read.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
            ref: A branch, a tag, `v3`, a version id, or the first 8 or more digits of a version
                hash.
            path: The directory; the root unless said.
            recursive: All files below it, rather than its own entries.
        """
        return self._transport.page(
            'GET',
            f"/api/v1/datasets/{segment('dataset', dataset)}/versions/{segment('ref', ref)}/files",
            query=given({'path': path, 'recursive': recursive, 'page': page, 'limit': limit}),
        )

    def list_versions(
        self,
        dataset: str,
        *,
        ref: str | None = None,
        page: str | None = None,
        limit: int | None = None,
    ) -> Page[DatasetVersion]:
        """List versions, newest first.

        GET /api/v1/datasets/:dataset/versions; needs dataset:read.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
            ref: A branch, a tag, `v3`, a version id, or the first 8 or more digits of a version
                hash.
        """
        return self._transport.page(
            'GET',
            f"/api/v1/datasets/{segment('dataset', dataset)}/versions",
            query=given({'ref': ref, 'page': page, 'limit': limit}),
        )

    def move_branch(
        self,
        dataset: str,
        branch: str,
        *,
        to: str,
        reason: str | None = None,
        expected: str | None | Unset = UNSET,
    ) -> Ref:
        """Make a branch, or move it to another version with a reason.

        PUT /api/v1/datasets/:dataset/branches/:branch; needs dataset:write.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
            branch: Name of a branch or tag. Not `v7` and not a hash: those name versions.
            to: A branch, a tag, `v3`, a version id, or the first 8 or more digits of a version
                hash.
            reason: Why the branch moves; kept in the ledger.
            expected: As in a commit.
        """
        return self._transport.json(
            'PUT',
            f"/api/v1/datasets/{segment('dataset', dataset)}/branches/{segment('branch', branch)}",
            json=given({'to': to, 'reason': reason, 'expected': expected}, nulls=('expected',)),
        )

    def name_ids(
        self,
        *,
        ids: str,
    ) -> NameIdsAnswer:
        """Say what the ids of datasets and versions are called.

        The ledger names them by id, for good. Ids that are unknown here are left out.

        GET /api/v1/data/names; needs dataset:read.

        Args:
            ids: Separated by commas; 200 at most.
        """
        return self._transport.json(
            'GET',
            '/api/v1/data/names',
            query=given({'ids': ids}),
        )

    def preview_file(
        self,
        dataset: str,
        ref: str,
        *,
        path: str,
        offset: int | None = None,
        limit: int | None = None,
    ) -> Preview:
        """Look into a file: rows of a table, the head of a text.

        GET /api/v1/datasets/:dataset/versions/:ref/preview; needs dataset:read.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
            ref: A branch, a tag, `v3`, a version id, or the first 8 or more digits of a version
                hash.
            path: Path inside the version, with `/`. Any Unicode but control characters and
                backslash; no `.` or `..`; 255 bytes a segment.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/datasets/{segment('dataset', dataset)}/versions/{segment('ref', ref)}/preview",
            query=given({'path': path, 'offset': offset, 'limit': limit}),
        )

    def protect_branch(
        self,
        dataset: str,
        branch: str,
        *,
        protected: bool,
    ) -> Ref:
        """Have a branch change by merged proposals alone, whose checks passed; or no longer.

        PUT /api/v1/datasets/:dataset/branches/:branch/protection; needs dataset:admin.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
            branch: Name of a branch or tag. Not `v7` and not a hash: those name versions.
        """
        return self._transport.json(
            'PUT',
            f"/api/v1/datasets/{segment('dataset', dataset)}/branches/{segment('branch', branch)}/protection",
            json=given({'protected': protected}),
        )

    def run_sql(
        self,
        *,
        query: str,
        limit: int | None = None,
    ) -> SqlResult:
        """Query dataset versions with SQL.

        Runs in a process of its own that can read the named versions and nothing else, within
        limits of time, memory, rows and bytes.

        POST /api/v1/data/sql; needs dataset:read.

        Args:
            query: One SELECT in DuckDB's SQL. Tables are refs in quotes: 'flights@v3', or
                'flights@v3/may.parquet' where a version holds several; or recorded predictions:
                predictions('flight-delay', last 7 days).
            limit: Most rows to return; 1,000 unless said.
        """
        return self._transport.json(
            'POST',
            '/api/v1/data/sql',
            json=given({'query': query, 'limit': limit}),
        )

    def set_tag(
        self,
        dataset: str,
        tag: str,
        *,
        to: str,
    ) -> Ref:
        """Name a version by a tag; a tag never moves.

        PUT /api/v1/datasets/:dataset/tags/:tag; needs dataset:write.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
            tag: Name of a branch or tag. Not `v7` and not a hash: those name versions.
            to: A branch, a tag, `v3`, a version id, or the first 8 or more digits of a version
                hash.
        """
        return self._transport.json(
            'PUT',
            f"/api/v1/datasets/{segment('dataset', dataset)}/tags/{segment('tag', tag)}",
            json=given({'to': to}),
        )

    def upload_blob(
        self,
        hash: str,
        body: Body,
    ) -> UploadBlobAnswer:
        """Upload one large blob.

        PUT /api/v1/data/blobs/:hash; needs dataset:write.

        Args:
            hash: BLAKE3-256 of the content, 64 hex digits.
        """
        return self._transport.json(
            'PUT',
            f"/api/v1/data/blobs/{segment('hash', hash)}",
            body=body,
        )

    def upload_blobs(
        self,
        body: Body,
    ) -> UploadBlobsAnswer:
        """Upload many blobs in one request.

        The body is a sequence of frames: hash (32 bytes), size (8 bytes, unsigned, little-endian),
        then that many bytes. All of them are kept, or none.

        POST /api/v1/data/blobs; needs dataset:write.
        """
        return self._transport.json(
            'POST',
            '/api/v1/data/blobs',
            body=body,
        )

    def upload_dvc_object(
        self,
        dataset: str,
        layout: DvcLayout,
        oid: str,
        body: Body,
    ) -> UploadDvcObjectAnswer:
        """Upload a file of a DVC repository, under its MD5.

        PUT /api/v1/datasets/:dataset/dvc/objects/:layout/:oid; needs dataset:write.

        Args:
            dataset: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                characters at most.
            layout: How DVC names objects: md5, of the bytes as they are (DVC 3); md5-dos2unix, of
                text with CRLF as LF (DVC 2).
            oid: MD5 in 32 hex digits; `.dir` behind that of a directory.
        """
        return self._transport.json(
            'PUT',
            f"/api/v1/datasets/{segment('dataset', dataset)}/dvc/objects/{segment('layout', layout)}/{segment('oid', oid)}",
            body=body,
        )
