"""Wire events, and the transcript read from them."""
