"""Italian. Django writes "08 novembre 2026", and a weekday before every moment, which stands wrong within a sentence.
What is not named here (short dates, what may be typed, the decimal comma) is Django's."""

DATE_FORMAT = "j F Y"  # 8 novembre 2026
DATETIME_FORMAT = r"j F Y \a\l\l\e H:i"  # 8 novembre 2026 alle 14:30
