"""Reading, planning and naming cells."""
