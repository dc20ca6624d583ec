# Generated from the contracts by scripts/generate/python-client.mjs; not to be edited.
"""What a Treadle server can be asked, room by room."""

from functools import cached_property
from typing import TYPE_CHECKING

from ..transport import Transport

if TYPE_CHECKING:
    from .jobs import JobsApi
    from .events import EventsApi
    from .webhooks import WebhooksApi
    from .access import AccessApi
    from .ledger import LedgerApi
    from .channels import ChannelsApi
    from .secrets import SecretsApi
    from .tracking import TrackingApi
    from .traces import TracesApi
    from .data import DataApi
    from .models import ModelsApi
    from .pipelines import PipelinesApi
    from .runtimes import RuntimesApi
    from .validation import ValidationApi
    from .serving import ServingApi
    from .releases import ReleasesApi
    from .environments import EnvironmentsApi
    from .monitoring import MonitoringApi
    from .ci import CiApi
    from .githosts import GithostsApi
    from .changes import ChangesApi
    from .gitops import GitopsApi
    from .loops import LoopsApi
    from .maintenance import MaintenanceApi
    from .governance import GovernanceApi
    from .server import ServerApi


class Api:
    """One attribute a room; one method an endpoint, by its name in the contract."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @cached_property
    def jobs(self) -> 'JobsApi':
        """Background work of the server."""
        from .jobs import JobsApi

        return JobsApi(self._transport)

    @cached_property
    def events(self) -> 'EventsApi':
        """What happens in the workspace, as it happens."""
        from .events import EventsApi

        return EventsApi(self._transport)

    @cached_property
    def webhooks(self) -> 'WebhooksApi':
        """Events that the server sends to other places."""
        from .webhooks import WebhooksApi

        return WebhooksApi(self._transport)

    @cached_property
    def access(self) -> 'AccessApi':
        """Who calls, workspaces and tokens."""
        from .access import AccessApi

        return AccessApi(self._transport)

    @cached_property
    def ledger(self) -> 'LedgerApi':
        """The audit log with its proofs, and lineage."""
        from .ledger import LedgerApi

        return LedgerApi(self._transport)

    @cached_property
    def channels(self) -> 'ChannelsApi':
        """Where alerts are told, and what was delivered."""
        from .channels import ChannelsApi

        return ChannelsApi(self._transport)

    @cached_property
    def secrets(self) -> 'SecretsApi':
        """Values that steps of pipelines get, and nobody is shown."""
        from .secrets import SecretsApi

        return SecretsApi(self._transport)

    @cached_property
    def tracking(self) -> 'TrackingApi':
        """Experiments, runs, metrics and artifacts."""
        from .tracking import TrackingApi

        return TrackingApi(self._transport)

    @cached_property
    def traces(self) -> 'TracesApi':
        """Traces, their spans, feedback and expectations."""
        from .traces import TracesApi

        return TracesApi(self._transport)

    @cached_property
    def data(self) -> 'DataApi':
        """Datasets, their versions, files and profiles; SQL over them."""
        from .data import DataApi

        return DataApi(self._transport)

    @cached_property
    def models(self) -> 'ModelsApi':
        """The registry: models, versions, aliases, logged models."""
        from .models import ModelsApi

        return ModelsApi(self._transport)

    @cached_property
    def pipelines(self) -> 'PipelinesApi':
        """Executions of treadle.yaml, their steps, logs and outputs."""
        from .pipelines import PipelinesApi

        return PipelinesApi(self._transport)

    @cached_property
    def runtimes(self) -> 'RuntimesApi':
        """ONNX forms of model versions."""
        from .runtimes import RuntimesApi

        return RuntimesApi(self._transport)

    @cached_property
    def validation(self) -> 'ValidationApi':
        """Evaluations, gates, proofs of disjointness."""
        from .validation import ValidationApi

        return ValidationApi(self._transport)

    @cached_property
    def serving(self) -> 'ServingApi':
        """Endpoints, their revisions, figures and recorded predictions."""
        from .serving import ServingApi

        return ServingApi(self._transport)

    @cached_property
    def releases(self) -> 'ReleasesApi':
        """From a version to a live endpoint: judge, promote, deploy."""
        from .releases import ReleasesApi

        return ReleasesApi(self._transport)

    @cached_property
    def environments(self) -> 'EnvironmentsApi':
        """Environments that model versions are promoted through."""
        from .environments import EnvironmentsApi

        return EnvironmentsApi(self._transport)

    @cached_property
    def monitoring(self) -> 'MonitoringApi':
        """Outcomes of predictions, watches on endpoints, alerts."""
        from .monitoring import MonitoringApi

        return MonitoringApi(self._transport)

    @cached_property
    def ci(self) -> 'CiApi':
        """What an execution says of its commit, beside the base branch."""
        from .ci import CiApi

        return CiApi(self._transport)

    @cached_property
    def githosts(self) -> 'GithostsApi':
        """Repositories on Git hosts whose commits are checked."""
        from .githosts import GithostsApi

        return GithostsApi(self._transport)

    @cached_property
    def changes(self) -> 'ChangesApi':
        """Changes to data and models: proposals, and what pipelines say of them."""
        from .changes import ChangesApi

        return ChangesApi(self._transport)

    @cached_property
    def gitops(self) -> 'GitopsApi':
        """Environments that follow a file in a Git repository."""
        from .gitops import GitopsApi

        return GitopsApi(self._transport)

    @cached_property
    def loops(self) -> 'LoopsApi':
        """What keeps models fresh: triggers, guard rails, turns."""
        from .loops import LoopsApi

        return LoopsApi(self._transport)

    @cached_property
    def maintenance(self) -> 'MaintenanceApi':
        """The store of blobs: space, pins, gc, verify."""
        from .maintenance import MaintenanceApi

        return MaintenanceApi(self._transport)

    @cached_property
    def governance(self) -> 'GovernanceApi':
        """Policies, approvals, and the story of a prediction."""
        from .governance import GovernanceApi

        return GovernanceApi(self._transport)

    @cached_property
    def server(self) -> 'ServerApi':
        """What the server says of itself."""
        from .server import ServerApi

        return ServerApi(self._transport)
