"""EasyOCR's own network; the weights beside this file are the workbench's."""

from easyocr.model.vgg_model import Model

__all__ = ["Model"]
