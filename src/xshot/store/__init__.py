"""Files that stages hand to each other: schemas, checks and atomic writes."""
