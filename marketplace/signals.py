"""What the marketplace tells the floors above, inside the transaction: a receiver that fails, fails the whole.

lead_anonymised   sender=Lead, lead, now     a request holds nobody's details any more (X5)
"""

from django.dispatch import Signal

lead_anonymised = Signal()
