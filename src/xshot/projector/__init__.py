"""The gated residual projector and the class-posterior coordinates."""
