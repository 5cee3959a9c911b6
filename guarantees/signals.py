"""What others may want to know, told inside the transaction: a receiver that fails, fails the whole."""

from django.dispatch import Signal

# A claim was approved, rejected or rejected as false. Arguments: claim, now.
claim_decided = Signal()
