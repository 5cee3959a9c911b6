"""What the marketplace tells the floors above, inside the transaction: a receiver that fails, fails the whole.

lead_anonymised   sender=Lead, lead, now      a request holds nobody's details any more (X5)
homeowner_speaks  sender=Contact, contact     before their word is written down, the contact locked (G2): a receiver
                                              answers with the last moment at which somebody judged it, or None
"""

from django.dispatch import Signal

lead_anonymised = Signal()
homeowner_speaks = Signal()
