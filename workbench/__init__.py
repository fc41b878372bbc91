"""A workbench for digitising official papers: scan, read, review, approve, sign, keep."""
