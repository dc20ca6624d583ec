# Generated from src/models/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""The registry: models, versions, aliases, logged models."""

from typing import Any, Literal, TypedDict

from .._typing import NotRequired
from ..transport import Download, Page, Transport, given, rest, segment


class Alias(TypedDict):
    alias: str
    version: int


Stage = Literal['None', 'Staging', 'Production', 'Archived']
"""MLflow’s older way to mark versions; aliases say it better."""


class Field(TypedDict):
    name: NotRequired[str]
    type: str
    """MLflow column type (`double`), or `tensor(float32)[-1,4]`."""
    required: NotRequired[bool]
    default: NotRequired[Any]


class Signature(TypedDict):
    inputs: NotRequired[list[Field]]
    outputs: NotRequired[list[Field]]
    params: NotRequired[list[Field]]


class ModelFacts(TypedDict):
    """What the files of a packaged model say."""
    size: int
    """Bytes of all files together."""
    files: int
    """How many files."""
    digest: str
    """SHA-256 over the sorted list of paths and their BLAKE3 digests: equal when all bytes are."""
    flavors: dict[str, dict[str, Any]]
    """How the model can be loaded, each with its settings."""
    signature: NotRequired[Signature]
    requirements: NotRequired[list[str]]
    """Python packages it needs."""
    input_example: NotRequired[str]
    """Path of the input example."""
    mlflow_version: NotRequired[str]
    python_version: NotRequired[str]
    problem: NotRequired[str]
    """Why the MLmodel file could not be understood."""


class ModelVersion(TypedDict):
    ref: str
    """Its name in the ledger, for ever: `model_version:flights/3`."""
    model: str
    """Name of a registered model."""
    version: int
    description: NotRequired[str]
    """Free text for people; Markdown is shown as such, never as HTML."""
    source: str
    """Where its files come from: `models:/m-…`, `runs:/…`, or a place outside that is never opened."""
    run_id: NotRequired[str]
    run_link: NotRequired[str]
    logged_model_id: NotRequired[str]
    stage: Stage
    created_at: int
    """When it was registered. Milliseconds since 1970, UTC."""
    updated_at: int
    """When it last changed. Milliseconds since 1970, UTC."""
    created_by: str
    aliases: list[str]
    tags: dict[str, str]
    """Free text by key."""
    facts: NotRequired[ModelFacts]


class ComparisonDifferences(TypedDict):
    field: str
    """`metrics.auc`, `signature`, `requirements`, `tags.owner` …"""
    a: NotRequired[Any]
    b: NotRequired[Any]


class ComparisonFiles(TypedDict):
    added: list[str]
    removed: list[str]
    changed: list[str]


class Comparison(TypedDict):
    a: ModelVersion
    b: ModelVersion
    same_files: bool
    """Whether all bytes are equal."""
    differences: list[ComparisonDifferences]
    files: ComparisonFiles


LineageEdge = TypedDict(
    'LineageEdge',
    {
        'from': str,
        'to': str,
        'relation': str,
    },
)


LoggedModelStatus = Literal['pending', 'ready', 'failed']
"""pending while its files are uploaded."""


class ModelMetric(TypedDict):
    key: str
    value: float | Literal['NaN']
    timestamp: int
    """When it was measured. Milliseconds since 1970, UTC."""
    step: int
    run_id: str
    """The run that measured it."""
    dataset_name: NotRequired[str]
    dataset_digest: NotRequired[str]


class LoggedModel(TypedDict):
    id: str
    """`m-` and 32 hex digits."""
    experiment_id: str
    name: str
    model_type: NotRequired[str]
    run_id: NotRequired[str]
    """The run that made it."""
    location: str
    """Where its files are: `mlflow-artifacts:/…` here, anything else where the client keeps them
    itself.
    """
    status: LoggedModelStatus
    created_at: int
    """When it was made. Milliseconds since 1970, UTC."""
    updated_at: int
    """When it last changed. Milliseconds since 1970, UTC."""
    deleted_at: NotRequired[int]
    """When it was deleted. Milliseconds since 1970, UTC."""
    created_by: str
    params: dict[str, str]
    """Free text by key."""
    tags: dict[str, str]
    """Free text by key."""
    metrics: list[ModelMetric]
    facts: NotRequired[ModelFacts]


class Model(TypedDict):
    ref: str
    """Its name in the ledger, for ever: `model:flights`."""
    name: str
    """Name of a registered model."""
    description: NotRequired[str]
    """Free text for people; Markdown is shown as such, never as HTML."""
    created_at: int
    """When it was made. Milliseconds since 1970, UTC."""
    updated_at: int
    """When it, or one of its versions, last changed. Milliseconds since 1970, UTC."""
    created_by: str
    tags: dict[str, str]
    """Free text by key."""
    aliases: list[Alias]
    versions: int
    """How many versions there are."""
    latest: NotRequired[ModelVersion]


class ModelFile(TypedDict):
    path: str
    size: int
    digest: str


class VersionDetailRunDatasets(TypedDict):
    name: str
    digest: str
    context: NotRequired[str]
    version: NotRequired[str]
    version_ref: NotRequired[str]


class VersionDetailRun(TypedDict):
    id: str
    name: str
    experiment_id: str
    status: str
    metrics: dict[str, Any]
    """Latest value of each metric."""
    params: dict[str, str]
    """Free text by key."""
    datasets: list[VersionDetailRunDatasets]
    """The data it read; `version_ref` where it is a dataset version of ours."""


class VersionDetail(TypedDict):
    version: ModelVersion
    files: list[ModelFile]
    """The first 1,000 files by path."""
    files_changed: NotRequired[bool]
    """Whether the files differ from what they were when the version was registered."""
    logged_model: NotRequired[LoggedModel]
    run: NotRequired[VersionDetailRun]
    lineage: list[LineageEdge]
    """What it was made from, as far as the ledger knows."""


class DeleteModelAnswer(TypedDict):
    deleted_versions: int


class DeleteVersionAnswer(TypedDict):
    deleted: str


class GetLoggedModelAnswer(TypedDict):
    logged_model: LoggedModel
    files: list[ModelFile]
    versions: list[ModelVersion]


class ModelsApi:
    """The registry: models, versions, aliases, logged models."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def compare_versions(
        self,
        model: str,
        *,
        a: str,
        b: str,
    ) -> Comparison:
        """Say how two versions of a model differ.

        GET /api/v1/models/:model/compare; needs model:read.

        Args:
            model: Name of a registered model.
            a: A number, `latest`, or `@alias`.
            b: A number, `latest`, or `@alias`.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/models/{segment('model', model)}/compare",
            query=given({'a': a, 'b': b}),
        )

    def create_model(
        self,
        *,
        name: str,
        description: str | None = None,
        tags: dict[str, str] | None = None,
    ) -> Model:
        """Make a model, still without versions.

        POST /api/v1/models; needs model:write.

        Args:
            name: Name of a registered model.
            description: Free text for people; Markdown is shown as such, never as HTML.
            tags: Free text by key.
        """
        return self._transport.json(
            'POST',
            '/api/v1/models',
            json=given({'name': name, 'description': description, 'tags': tags}),
        )

    def create_version(
        self,
        model: str,
        *,
        source: str,
        run_id: str | None = None,
        description: str | None = None,
        tags: dict[str, str] | None = None,
    ) -> ModelVersion:
        """Register a version of a model; the model is made if it does not exist.

        POST /api/v1/models/:model/versions; needs model:write.

        Args:
            model: Name of a registered model.
            source: `models:/m-…`, `runs:/<run>/<path>`, `models:/<name>/<version>`, or a URI
                outside.
            description: Free text for people; Markdown is shown as such, never as HTML.
            tags: Free text by key.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/models/{segment('model', model)}/versions",
            json=given({
                'source': source,
                'run_id': run_id,
                'description': description,
                'tags': tags,
            }),
        )

    def delete_alias(
        self,
        model: str,
        alias: str,
        *,
        reason: str | None = None,
    ) -> Model:
        """Delete an alias; the version stays.

        DELETE /api/v1/models/:model/aliases/:alias; needs model:write.

        Args:
            model: Name of a registered model.
            reason: Why; goes into the ledger.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/models/{segment('model', model)}/aliases/{segment('alias', alias)}",
            query=given({'reason': reason}),
        )

    def delete_logged_model(
        self,
        id: str,
        *,
        reason: str | None = None,
    ) -> LoggedModel:
        """Delete a logged model; it can be restored.

        DELETE /api/v1/logged-models/:id; needs model:write.

        Args:
            reason: Why; goes into the ledger.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/logged-models/{segment('id', id)}",
            query=given({'reason': reason}),
        )

    def delete_model(
        self,
        model: str,
        *,
        reason: str | None = None,
        force: bool | None = None,
    ) -> DeleteModelAnswer:
        """Delete a model with all its versions; refused while one of them is in use.

        DELETE /api/v1/models/:model; needs model:write.

        Args:
            model: Name of a registered model.
            reason: Why; goes into the ledger.
            force: Delete it although it answers at an endpoint, is what a rollback goes back to, or
                is on its way by a release: what needs it cannot be loaded again.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/models/{segment('model', model)}",
            query=given({'reason': reason, 'force': force}),
        )

    def delete_model_tag(
        self,
        model: str,
        key: str,
    ) -> Model:
        """Delete a tag of a model.

        DELETE /api/v1/models/:model/tags/:key; needs model:write.

        Args:
            model: Name of a registered model.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/models/{segment('model', model)}/tags/{segment('key', key)}",
        )

    def delete_version(
        self,
        model: str,
        version: str,
        *,
        reason: str | None = None,
        force: bool | None = None,
    ) -> DeleteVersionAnswer:
        """Delete a version; its number is never given again; refused while it is in use.

        DELETE /api/v1/models/:model/versions/:version; needs model:write.

        Args:
            model: Name of a registered model.
            version: A number, `latest`, or `@alias`.
            reason: Why; goes into the ledger.
            force: Delete it although it answers at an endpoint, is what a rollback goes back to, or
                is on its way by a release: what needs it cannot be loaded again.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/models/{segment('model', model)}/versions/{segment('version', version)}",
            query=given({'reason': reason, 'force': force}),
        )

    def delete_version_tag(
        self,
        model: str,
        version: str,
        key: str,
    ) -> ModelVersion:
        """Delete a tag of a version.

        DELETE /api/v1/models/:model/versions/:version/tags/:key; needs model:write.

        Args:
            model: Name of a registered model.
            version: A number, `latest`, or `@alias`.
        """
        return self._transport.json(
            'DELETE',
            f"/api/v1/models/{segment('model', model)}/versions/{segment('version', version)}/tags/{segment('key', key)}",
        )

    def get_logged_model(
        self,
        id: str,
    ) -> GetLoggedModelAnswer:
        """Get a logged model with its files and registered versions.

        GET /api/v1/logged-models/:id; needs model:read.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/logged-models/{segment('id', id)}",
        )

    def get_model(
        self,
        model: str,
    ) -> Model:
        """Get a model.

        GET /api/v1/models/:model; needs model:read.

        Args:
            model: Name of a registered model.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/models/{segment('model', model)}",
        )

    def get_version(
        self,
        model: str,
        version: str,
    ) -> VersionDetail:
        """Get a version with its files, run, data and lineage.

        GET /api/v1/models/:model/versions/:version; needs model:read.

        Args:
            model: Name of a registered model.
            version: A number, `latest`, or `@alias`.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/models/{segment('model', model)}/versions/{segment('version', version)}",
        )

    def get_version_file(
        self,
        model: str,
        version: str,
        path: str,
    ) -> Download:
        """Download one file of a version.

        GET /api/v1/models/:model/versions/:version/files/*; needs model:read.

        Args:
            model: Name of a registered model.
            version: A number, `latest`, or `@alias`.
            path: Path of the file.
        """
        return self._transport.download(
            'GET',
            f"/api/v1/models/{segment('model', model)}/versions/{segment('version', version)}/files/{rest('path', path)}",
        )

    def list_logged_models(
        self,
        *,
        experiment: str | None = None,
        run: str | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[LoggedModel]:
        """List what runs have packaged, newest first.

        GET /api/v1/logged-models; needs model:read.

        Args:
            limit: 100 unless said.
            page: The `next` of the page before.
        """
        return self._transport.page(
            'GET',
            '/api/v1/logged-models',
            query=given({'experiment': experiment, 'run': run, 'limit': limit, 'page': page}),
        )

    def list_models(
        self,
        *,
        search: str | None = None,
        sort: Literal['name', 'updated'] | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[Model]:
        """List registered models, each with its latest version and aliases.

        GET /api/v1/models; needs model:read.

        Args:
            search: Part of the name, in any case.
            sort: `updated`: newest first. Default: name.
            limit: 100 unless said.
            page: The `next` of the page before.
        """
        return self._transport.page(
            'GET',
            '/api/v1/models',
            query=given({'search': search, 'sort': sort, 'limit': limit, 'page': page}),
        )

    def list_versions(
        self,
        model: str,
        *,
        stage: Stage | None = None,
        tag: str | None = None,
        run: str | None = None,
        sort: Literal['version', 'updated', 'created'] | None = None,
        order: Literal['asc', 'desc'] | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[ModelVersion]:
        """List the versions of a model, newest first.

        GET /api/v1/models/:model/versions; needs model:read.

        Args:
            model: Name of a registered model.
            stage: MLflow’s older way to mark versions; aliases say it better.
            tag: `key=value`.
            limit: 100 unless said.
            page: The `next` of the page before.
        """
        return self._transport.page(
            'GET',
            f"/api/v1/models/{segment('model', model)}/versions",
            query=given({
                'stage': stage,
                'tag': tag,
                'run': run,
                'sort': sort,
                'order': order,
                'limit': limit,
                'page': page,
            }),
        )

    def restore_logged_model(
        self,
        id: str,
    ) -> LoggedModel:
        """Bring a deleted logged model back.

        POST /api/v1/logged-models/:id/restore; needs model:write.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/logged-models/{segment('id', id)}/restore",
        )

    def set_alias(
        self,
        model: str,
        alias: str,
        *,
        version: int,
        reason: str | None = None,
    ) -> Model:
        """Point an alias at a version.

        PUT /api/v1/models/:model/aliases/:alias; needs model:write.

        Args:
            model: Name of a registered model.
            reason: Why; goes into the ledger.
        """
        return self._transport.json(
            'PUT',
            f"/api/v1/models/{segment('model', model)}/aliases/{segment('alias', alias)}",
            json=given({'version': version, 'reason': reason}),
        )

    def set_model_tag(
        self,
        model: str,
        key: str,
        *,
        value: str,
    ) -> Model:
        """Set a tag of a model.

        PUT /api/v1/models/:model/tags/:key; needs model:write.

        Args:
            model: Name of a registered model.
        """
        return self._transport.json(
            'PUT',
            f"/api/v1/models/{segment('model', model)}/tags/{segment('key', key)}",
            json=given({'value': value}),
        )

    def set_version_tag(
        self,
        model: str,
        version: str,
        key: str,
        *,
        value: str,
    ) -> ModelVersion:
        """Set a tag of a version.

        PUT /api/v1/models/:model/versions/:version/tags/:key; needs model:write.

        Args:
            model: Name of a registered model.
            version: A number, `latest`, or `@alias`.
        """
        return self._transport.json(
            'PUT',
            f"/api/v1/models/{segment('model', model)}/versions/{segment('version', version)}/tags/{segment('key', key)}",
            json=given({'value': value}),
        )

    def update_model(
        self,
        model: str,
        *,
        name: str | None = None,
        description: str | None = None,
    ) -> Model:
        """Rename a model, or describe it.

        PATCH /api/v1/models/:model; needs model:write.

        Args:
            model: Name of a registered model.
            name: Name of a registered model.
            description: Free text for people; Markdown is shown as such, never as HTML.
        """
        return self._transport.json(
            'PATCH',
            f"/api/v1/models/{segment('model', model)}",
            json=given({'name': name, 'description': description}),
        )

    def update_version(
        self,
        model: str,
        version: str,
        *,
        description: str | None = None,
        stage: Stage | None = None,
        reason: str | None = None,
    ) -> ModelVersion:
        """Describe a version, or move it to another stage.

        PATCH /api/v1/models/:model/versions/:version; needs model:write.

        Args:
            model: Name of a registered model.
            version: A number, `latest`, or `@alias`.
            description: Free text for people; Markdown is shown as such, never as HTML.
            stage: MLflow’s older way to mark versions; aliases say it better.
            reason: Why; goes into the ledger.
        """
        return self._transport.json(
            'PATCH',
            f"/api/v1/models/{segment('model', model)}/versions/{segment('version', version)}",
            json=given({'description': description, 'stage': stage, 'reason': reason}),
        )
