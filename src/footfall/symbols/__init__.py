"""Symbols that cameras read: QR codes drawn to an exact size, and whether one will be read."""
