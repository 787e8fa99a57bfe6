"""The tests, as a package of their own: some libraries install a package of the same name, which would come first."""
