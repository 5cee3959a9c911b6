"""What profiles tell the floors above, inside the transaction: a receiver that fails, fails the whole.

suspension_lifted   sender=Suspension, suspension, by, reason, now   an appeal against it is answered by that (G19)
"""

from django.dispatch import Signal

suspension_lifted = Signal()
