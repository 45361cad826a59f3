"""Which pictures to label next: what to ask about, from raw features and class names alone."""
