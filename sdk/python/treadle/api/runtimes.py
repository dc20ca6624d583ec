# Generated from src/runtimes/contract.ts by scripts/generate/python-client.mjs; not to be edited.
"""ONNX forms of model versions."""

from typing import Literal, TypedDict

from .._typing import NotRequired
from ..transport import Download, Transport, segment


ConversionState = Literal['none', 'offered', 'queued', 'running', 'kept', 'refused', 'failed']
"""none: nothing to convert; offered: it could be, and nobody asked; kept: its answers agree, and
endpoints use it; refused: it could be made, but its answers differ; failed: it could not be made.
"""


class ConversionProbes(TypedDict):
    rows: int
    """Rows asked."""
    refused: int
    """Of them refused by the model itself; the ONNX form must refuse them, too."""


class Conversion(TypedDict):
    """The ONNX form of a scikit-learn model: much quicker, and kept only when it answers the same."""
    model: str
    version: int
    version_ref: str
    """Its name in the ledger: `model_version:flights/3`."""
    state: ConversionState
    reason: NotRequired[str]
    """Why there is nothing to convert, or why it was not kept."""
    largest_difference: NotRequired[float]
    """Largest difference of an answer, relative above 1; the bar is `tolerance`."""
    tolerance: float
    """The largest difference that is kept."""
    rows: NotRequired[int]
    """Rows that the model was asked, of all kinds."""
    probes: NotRequired[dict[str, ConversionProbes]]
    """Kinds of rows that both forms were asked: the `example`, random rows `around` it, values on and
    beside a `threshold`, `training` rows that the model keeps, `missing`, `infinite`, `extreme` and
    `large` numbers, each known `category`, `unseen text`, `empty text`, `other text`, and optional
    inputs `left out`. A kind that the inputs cannot express is not there.
    """
    size: NotRequired[int]
    """Bytes of the ONNX file."""
    tools: NotRequired[dict[str, str]]
    """What it was made with, and in which precision."""
    created_at: NotRequired[int]
    """When it was asked for. Milliseconds since 1970, UTC."""
    created_by: NotRequired[str]
    ended_at: NotRequired[int]
    """When it was kept, refused or failed. Milliseconds since 1970, UTC."""


class RuntimesApi:
    """ONNX forms of model versions."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def convert_version(
        self,
        model: str,
        version: str,
    ) -> Conversion:
        """Convert a scikit-learn version to ONNX, again if it was tried before.

        Answers at once; the work is a job. Endpoints that are live stay as they are.

        POST /api/v1/models/:model/versions/:version/conversion; needs model:write.

        Args:
            model: Name of a registered model.
            version: A number, `latest`, or `@alias`.
        """
        return self._transport.json(
            'POST',
            f"/api/v1/models/{segment('model', model)}/versions/{segment('version', version)}/conversion",
        )

    def get_conversion(
        self,
        model: str,
        version: str,
    ) -> Conversion:
        """Say whether a version has an ONNX form, and how far its answers agree.

        GET /api/v1/models/:model/versions/:version/conversion; needs model:read.

        Args:
            model: Name of a registered model.
            version: A number, `latest`, or `@alias`.
        """
        return self._transport.json(
            'GET',
            f"/api/v1/models/{segment('model', model)}/versions/{segment('version', version)}/conversion",
        )

    def get_conversion_file(
        self,
        model: str,
        version: str,
    ) -> Download:
        """Download the ONNX form of a version, where one was kept.

        GET /api/v1/models/:model/versions/:version/conversion/file; needs model:read.

        Args:
            model: Name of a registered model.
            version: A number, `latest`, or `@alias`.
        """
        return self._transport.download(
            'GET',
            f"/api/v1/models/{segment('model', model)}/versions/{segment('version', version)}/conversion/file",
        )
