"""The student's side: nothing here is trusted."""
