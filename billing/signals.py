"""What billing tells the floors above, inside the transaction: a receiver that fails, fails the whole.

plan_contracted   sender=Subscription, subscription, period, now     a plan was contracted, with its first period
plan_renewed      sender=Subscription, subscription, period, now     a period was added to it (S13)
invoice_paid      sender=Invoice, invoice, payment, now              an invoice was paid, whole
invoice_credited  sender=Invoice, invoice, note, now                 a part of an invoice, or all, was taken back (M14);
                  a receiver returns the addresses, in lower case, that it told of the note: they need no other mail
"""

from django.dispatch import Signal

plan_contracted = Signal()
plan_renewed = Signal()
invoice_paid = Signal()
invoice_credited = Signal()
