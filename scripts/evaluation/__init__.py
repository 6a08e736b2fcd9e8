"""What `scripts/evaluate` runs: a module for each room that is measured."""
