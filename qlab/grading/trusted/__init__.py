"""The trusted side: runs the tests against stand-ins; never imports the student's side."""
