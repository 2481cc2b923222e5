"""From raw dialogues to a prepared corpus, on one machine or on many."""
