"""Measurements that anyone can run again, each against a named limit."""
