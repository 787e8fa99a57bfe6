"""What became of each task: tables, explanations, statistics, exports, the check before release."""
