# Generated from src/loops/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""What keeps models fresh: triggers, guard rails, turns."""

from typing import Literal, TypedDict

from .._typing import NotRequired
from ..transport import Body, Page, Transport, given, segment


CatchUp = Literal['none', 'last', 'all']
"""What becomes of times at which no server ran: none: left out, and said so; last: the last one is
made up for; all: each is. last unless said.
"""


LoopState = Literal['active', 'paused', 'needs_people']
"""active; paused: somebody paused it; needs_people: retraining does not mend it, and nothing turns by
itself until somebody resumes it.
"""


TriggerKind = Literal['daily', 'weekly', 'monthly', 'cron', 'data', 'performance', 'drift', 'push']
"""daily, weekly, monthly, cron: at times; data: new data alone; performance: answers are worse than
when the version was judged; drift: columns have moved, which is no harm by itself; push: somebody
pushed to Git. By hand it can always be turned.
"""


class Trigger(TypedDict):
    """What makes a loop turn. Fields belong to kinds: what does not is refused by name."""
    kind: TriggerKind
    at: NotRequired[str]
    """daily: `03:00`; weekly: `Mon 03:00`; monthly: `1 03:00`, or `last 03:00`; cron: five fields, `0
    3 * * 1-5`.
    """
    time_zone: NotRequired[str]
    """IANA name: Europe/Berlin; UTC unless said."""
    catch_up: NotRequired[CatchUp]
    data: NotRequired[str]
    """The dataset and its branch: flights@main."""
    rows: NotRequired[int]
    """It has at least so many rows more than what was trained on last."""
    percent: NotRequired[float]
    """It has grown by at least so many percent."""
    debounce_ms: NotRequired[int]
    """Nothing newer must have come for so long: what arrives in pieces turns it once; a minute unless
    said. Milliseconds.
    """
    branch: NotRequired[str]
    """The branch that is pushed to; main unless said."""


class LoopSettingsBudget(TypedDict):
    """Most trainings in a time; 4 a day unless said."""
    runs: int
    per: Literal['day', 'week', 'month']
    """The last 24 hours, 7 days or 30 days."""


class LoopSettings(TypedDict):
    pipeline: str
    """The pipeline that is run."""
    endpoint: NotRequired[str]
    """Where the model answers: its alerts are heard. That of `deploy:` of the file unless said."""
    triggers: list[Trigger]
    params: NotRequired[dict[str, str | float | bool]]
    """Parameters that replace those of the file."""
    cooldown_ms: NotRequired[int]
    """After one training began the next one begins no earlier; an hour unless said. Milliseconds."""
    budget: NotRequired[LoopSettingsBudget]
    """Most trainings in a time; 4 a day unless said."""
    back_off_ms: NotRequired[int]
    """After a failure the next one waits so long, twice as long after each further one, a day at most;
    ten minutes unless said. Milliseconds.
    """
    rejections: NotRequired[int]
    """After so many candidates in a row that did not hold, people are asked; 3 unless said."""


TurnState = Literal['triggered', 'waiting', 'training', 'judging', 'rolling_out', 'promoted', 'trained', 'rejected', 'rolled_back', 'held', 'failed', 'cancelled', 'no_op', 'skipped']
"""triggered; waiting: a guard rail holds it for now; training: the pipeline runs; judging: the gate;
rolling_out; promoted: all that the file asks for is done; trained: registered, and the file asks
for no more; rejected: the gate did not let it pass, or could not decide (code inconclusive), and
the champion stays; rolled_back: it was taken back while it was rolled out; held: a person had taken
the version away; failed; cancelled; no_op: the same data, code and parameters were trained before;
skipped: `code` and `reason` say why.
"""


class TurnExecution(TypedDict):
    id: str
    number: int


class Turn(TypedDict):
    """One turn of a loop: what triggered it, what was made of it, and why."""
    ref: str
    """Its name in the ledger: `loop_turn:<id>`."""
    id: str
    loop: str
    """Letters, digits, dot, dash and underscore; begins with a letter or digit; 100 at most."""
    model: NotRequired[str]
    state: TurnState
    trigger: str
    """What turned it, as the loop names it: `daily 03:00 UTC`, `manual`."""
    kind: str
    """Kind of the trigger, or manual."""
    planned_for: NotRequired[int]
    """The time of the schedule that it stands for. Milliseconds since 1970, UTC."""
    cause: str
    """Why, in a sentence."""
    cause_ref: NotRequired[str]
    """What it came from: an alert, a dataset version."""
    code: NotRequired[str]
    """Of one that waits or was skipped: paused, needs-people, data-alert, under-way, cooldown, budget,
    back-off, code, missed, over, superseded, dry-run. Of one that was rejected because the gate
    could not decide, so that the champion stays: inconclusive.
    """
    reason: NotRequired[str]
    """Why it stands as it does, in a sentence."""
    not_before: NotRequired[int]
    """Of one that waits: when it is looked at again at the latest. Milliseconds since 1970, UTC."""
    dry_run: bool
    """Nothing is started: what would be done is said."""
    key: NotRequired[str]
    """SHA-256 over trigger, data, code and parameters: what it would do."""
    execution: NotRequired[TurnExecution]
    release: NotRequired[str]
    """Id of the release that followed."""
    version: NotRequired[int]
    """The version that was registered."""
    created_at: int
    """When it was triggered. Milliseconds since 1970, UTC."""
    created_by: str
    started_at: NotRequired[int]
    """When training was asked for. Milliseconds since 1970, UTC."""
    updated_at: int
    """When it last came to another state. Milliseconds since 1970, UTC."""
    ended_at: NotRequired[int]
    """When it ended. Milliseconds since 1970, UTC."""


class Loop(TypedDict):
    """What keeps a model fresh: triggers, guard rails, and what became of each turn."""
    ref: str
    """Its name in the ledger: `loop:<id>`."""
    id: str
    name: str
    """Letters, digits, dot, dash and underscore; begins with a letter or digit; 100 at most."""
    model: NotRequired[str]
    """The model that the pipeline makes, once it is known."""
    endpoint: NotRequired[str]
    """Whose alerts it hears."""
    state: LoopState
    reason: NotRequired[str]
    """Why it is paused, or why people are asked."""
    since: int
    """Since when it is in this state. Milliseconds since 1970, UTC."""
    by: str
    """Who brought it there."""
    settings: LoopSettings
    from_file: bool
    """`loop:` of treadle.yaml said it last; a person did otherwise."""
    hook: bool
    """It has a secret, and hears pushes."""
    rejected: int
    """Candidates in a row that did not hold."""
    failed: int
    """Failures in a row."""
    next_at: NotRequired[int]
    """The next time of any of its schedules. Milliseconds since 1970, UTC."""
    latest: NotRequired[Turn]
    created_at: int
    """When it was set first. Milliseconds since 1970, UTC."""
    created_by: str
    updated_at: int
    """When it was last changed. Milliseconds since 1970, UTC."""


class LoopDetailTriggers(TypedDict):
    name: str
    """As turns name it."""
    trigger: Trigger
    next: list[int]
    """The next five, of a schedule."""
    doubts: list[str]
    """What should be known of it."""
    standing: NotRequired[str]
    """Where it stands now, of one that waits for something: rows so far."""


class LoopDetail(Loop):
    triggers: list[LoopDetailTriggers]
    blocked: NotRequired[str]
    """What would keep it from training now, in a sentence."""
    hook_path: NotRequired[str]
    """Where pushes are sent to, on this server."""


class ReplayAgeing(TypedDict):
    """Absent: windows are too few to tell, and nothing is said of gains."""
    per_day: float
    """How the metric moves with each day of age."""
    error: float
    """Standard error of that."""
    windows: int
    versions: int


class ReplayPoliciesGain(TypedDict):
    """In points of the metric on average, against what happened; positive is better. 95 % of the slope
    alone.
    """
    value: float
    low: float
    high: float


class ReplayPolicies(TypedDict):
    name: str
    retrains: int
    cost_ms: float
    """All trainings one after the other."""
    age_days: float
    """How old what answers would have been, on average."""
    gain: NotRequired[ReplayPoliciesGain]
    """In points of the metric on average, against what happened; positive is better. 95 % of the slope
    alone.
    """


Replay = TypedDict(
    'Replay',
    {
        # Letters, digits, dot, dash and underscore; begins with a letter or digit; 100 at most.
        'loop': str,
        # Name of an endpoint, and the model name its callers use: letters, digits, dot, dash and underscore; 100 characters at most.
        'endpoint': str,
        # Begin of the first window that was replayed. Milliseconds since 1970, UTC.
        'from': int,
        # End of the last one. Milliseconds since 1970, UTC.
        'to': int,
        'windows': int,
        # Of them, with outcomes.
        'scored': int,
        # What the windows were scored by.
        'metric': NotRequired[str],
        # What one training takes: the median of those that ran.
        'training_ms': float,
        # Absent: windows are too few to tell, and nothing is said of gains.
        'ageing': NotRequired[ReplayAgeing],
        'policies': list[ReplayPolicies],
        # What has to hold for these figures.
        'assumptions': list[str],
    },
)
"""What policies of retraining would have cost and gained on the logged past."""


class TurnDetailTransitions(TypedDict):
    state: TurnState
    at: int
    """When. Milliseconds since 1970, UTC."""
    note: NotRequired[str]


class TurnDetail(Turn):
    transitions: list[TurnDetailTransitions]
    """In their order."""


class HearPushAnswer(TypedDict):
    said: str
    """What came of it, in a sentence."""
    turns: list[str]


class MakeLoopSecretAnswer(TypedDict):
    secret: str
    """`whsec_…`: shown once."""
    path: str
    """Where the webhook sends to, on this server."""


class PreviewTriggersAnswerTriggers(TypedDict):
    name: str
    """As turns name it."""
    trigger: Trigger
    next: list[int]
    """The next five, of a schedule."""
    doubts: list[str]
    """What should be known of it."""
    standing: NotRequired[str]
    """Where it stands now, of one that waits for something: rows so far."""


class PreviewTriggersAnswer(TypedDict):
    triggers: list[PreviewTriggersAnswerTriggers]


class SetLoopBudget(TypedDict):
    """Most trainings in a time; 4 a day unless said."""
    runs: int
    per: Literal['day', 'week', 'month']
    """The last 24 hours, 7 days or 30 days."""


class LoopsApi:
    """What keeps models fresh: triggers, guard rails, turns."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def delete_loop(
        self,
        loop: str,
    ) -> None:
        """Take a loop away with its turns; what is under way goes on, and its ledger entries stay.

        DELETE /api/v1/loops/:loop; needs loop:write.

        Args:
            loop: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100 at
                most.
        """
        return self._transport.nothing(
            'DELETE',
            f"/api/v1/loops/{segment('loop', loop)}",
        )

    def get_loop(
        self,
        loop: str,
    ) -> LoopDetail:
        """Show a loop: its triggers with their next times, and what would hold it.

        GET /api/v1/loops/:loop; needs loop:read.

        Args:
            loop: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100 at
                most.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/loops/{segment('loop', loop)}",
        )

    def get_turn(
        self,
        turn: str,
    ) -> TurnDetail:
        """Show a turn with each step of its way.

        GET /api/v1/loop-turns/:turn; needs loop:read.

        Args:
            turn: Id of a turn, 32 hex digits.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/loop-turns/{segment('turn', turn)}",
        )

    def hear_push(
        self,
        id: str,
        body: Body,
    ) -> HearPushAnswer:
        """Hear of a push to Git, as GitHub, GitLab, Gitea and Forgejo tell of it.

        The secret of the loop signs the body (X-Hub-Signature-256, or Standard Webhooks), or is
        shown (X-Gitlab-Token). A push that is told twice turns a loop once.

        POST /api/v1/hooks/loops/:id.

        Args:
            id: Id of the loop.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/hooks/loops/{segment('id', id)}",
            body=body,
        )

    def list_loops(
        self,
        *,
        state: LoopState | None = None,
        pipeline: str | None = None,
        endpoint: str | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[Loop]:
        """List loops by name, with their newest turns.

        GET /api/v1/loops; needs loop:read.

        Args:
            state: active; paused: somebody paused it; needs_people: retraining does not mend it,
                and nothing turns by itself until somebody resumes it.
            pipeline: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100
                at most.
            endpoint: Name of an endpoint, and the model name its callers use: letters, digits, dot,
                dash and underscore; 100 characters at most.
            limit: At most 500; 100 unless said.
        """
        return self._transport.page(
            'GET',
            '/api/v1/loops',
            query=given({
                'state': state,
                'pipeline': pipeline,
                'endpoint': endpoint,
                'limit': limit,
                'page': page,
            }),
        )

    def list_turns(
        self,
        *,
        loop: str | None = None,
        state: TurnState | None = None,
        open: bool | None = None,
        kind: str | None = None,
        limit: int | None = None,
        page: str | None = None,
    ) -> Page[Turn]:
        """List turns of loops, newest first.

        GET /api/v1/loop-turns; needs loop:read.

        Args:
            loop: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100 at
                most.
            state: triggered; waiting: a guard rail holds it for now; training: the pipeline runs;
                judging: the gate; rolling_out; promoted: all that the file asks for is done;
                trained: registered, and the file asks for no more; rejected: the gate did not let
                it pass, or could not decide (code inconclusive), and the champion stays;
                rolled_back: it was taken back while it was rolled out; held: a person had taken the
                version away; failed; cancelled; no_op: the same data, code and parameters were
                trained before; skipped: `code` and `reason` say why.
            open: Only those that have not ended.
            limit: At most 500; 100 unless said.
        """
        return self._transport.page(
            'GET',
            '/api/v1/loop-turns',
            query=given({
                'loop': loop,
                'state': state,
                'open': open,
                'kind': kind,
                'limit': limit,
                'page': page,
            }),
        )

    def make_loop_secret(
        self,
        loop: str,
    ) -> MakeLoopSecretAnswer:
        """Make the secret by which pushes to Git are known; an earlier one ends.

        POST /api/v1/loops/:loop/secret; needs loop:admin.

        Args:
            loop: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100 at
                most.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/loops/{segment('loop', loop)}/secret",
        )

    def pause_loop(
        self,
        loop: str,
        *,
        reason: str,
    ) -> LoopDetail:
        """Pause a loop: nothing turns it but a person; what is under way goes on.

        POST /api/v1/loops/:loop/pause; needs loop:write.

        Args:
            loop: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100 at
                most.
            reason: Why; kept in the ledger.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/loops/{segment('loop', loop)}/pause",
            json=given({'reason': reason}),
        )

    def preview_triggers(
        self,
        *,
        triggers: list[Trigger],
    ) -> PreviewTriggersAnswer:
        """Say when triggers would turn, and what should be known of them, before they are saved.

        POST /api/v1/loops/preview; needs loop:read.
        """
        return self._transport.json(
            'POST',
            '/api/v1/loops/preview',
            json=given({'triggers': triggers}),
        )

    def replay_loop(
        self,
        loop: str,
        *,
        days: int | None = None,
    ) -> Replay:
        """Say what each policy of retraining would have cost and gained on the logged past.

        GET /api/v1/loops/:loop/replay; needs loop:read.

        Args:
            loop: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100 at
                most.
            days: How far back; 90 unless said.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/loops/{segment('loop', loop)}/replay",
            query=given({'days': days}),
        )

    def resume_loop(
        self,
        loop: str,
        *,
        reason: str | None = None,
    ) -> LoopDetail:
        """Resume a loop that is paused or needs people.

        POST /api/v1/loops/:loop/resume; needs loop:write.

        Args:
            loop: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100 at
                most.
            reason: Why; kept in the ledger.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/loops/{segment('loop', loop)}/resume",
            json=given({'reason': reason}),
        )

    def run_loop(
        self,
        loop: str,
        *,
        reason: str,
        dry_run: bool | None = None,
        force: bool | None = None,
    ) -> TurnDetail:
        """Turn a loop by hand.

        Cooldown, back-off and budget do not hold a person up; a training that is under way, broken
        data and nothing to do still do, unless `force`.

        POST /api/v1/loops/:loop/run; needs loop:write.

        Args:
            loop: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100 at
                most.
            reason: Why; kept in the ledger.
            dry_run: Say what would be done, and start nothing.
            force: Train in spite of broken data, and of nothing being new.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/loops/{segment('loop', loop)}/run",
            json=given({'reason': reason, 'dry_run': dry_run, 'force': force}),
        )

    def set_loop(
        self,
        loop: str,
        *,
        pipeline: str,
        triggers: list[Trigger],
        endpoint: str | None = None,
        params: dict[str, str | float | bool] | None = None,
        cooldown_ms: int | None = None,
        budget: SetLoopBudget | None = None,
        back_off_ms: int | None = None,
        rejections: int | None = None,
    ) -> LoopDetail:
        """Make a loop, or change it.

        What is not said is as it is by default. A trigger that stays keeps its place: times missed
        meanwhile are still made up for.

        PUT /api/v1/loops/:loop; needs loop:write.

        Args:
            loop: Letters, digits, dot, dash and underscore; begins with a letter or digit; 100 at
                most.
            pipeline: The pipeline that is run.
            endpoint: Where the model answers: its alerts are heard. That of `deploy:` of the file
                unless said.
            params: Parameters that replace those of the file.
            cooldown_ms: After one training began the next one begins no earlier; an hour unless
                said. Milliseconds.
            budget: Most trainings in a time; 4 a day unless said.
            back_off_ms: After a failure the next one waits so long, twice as long after each
                further one, a day at most; ten minutes unless said. Milliseconds.
            rejections: After so many candidates in a row that did not hold, people are asked; 3
                unless said.
        """
        return self._transport.json(
            'PUT',
            f"/api/v1/loops/{segment('loop', loop)}",
            json=given({
                'pipeline': pipeline,
                'endpoint': endpoint,
                'triggers': triggers,
                'params': params,
                'cooldown_ms': cooldown_ms,
                'budget': budget,
                'back_off_ms': back_off_ms,
                'rejections': rejections,
            }),
        )
