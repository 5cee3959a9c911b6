"""How much help outside an agreement is given away (S5). Pure."""

# In all on one ticket, in whole minutes: what is longer is no courtesy any more.
COURTESY_MINUTES = 10
