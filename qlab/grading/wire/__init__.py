"""What crosses between the student's side and the trusted side, and what both sides are made of."""
