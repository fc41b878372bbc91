"""Networks that come with the workbench; MODEL_CARD.md says what they were taught, with what."""

from pathlib import Path
from typing import Final

SHIPPED: Final = Path(__file__).with_name("workbench_vi.onnx")
CARD: Final = Path(__file__).with_name("MODEL_CARD.md")
