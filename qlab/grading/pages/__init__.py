"""Feedback pages: cleaned, with formulas, without hidden tests."""
