"""Machines as their vendors hand them over, one small file a way in; each asks for one program and one answer."""
