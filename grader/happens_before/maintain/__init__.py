"""The maintainer's face: proofs and measures of the workbook itself."""
