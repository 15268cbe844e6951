"""How often somebody may try something before the site makes them wait."""

# Beside and in place of allauth's own. An address is a whole clinic, so it never counts alone where
# somebody has signed in before: `clinic.people.account_throttle` lets known devices pass.
RATE_LIMITS = {
    "login": "",
    "reset_password": "",
    "reset_password_from_key": "",
    "login_failed": "5/15m/key",  # a second factor
    "password": "5/15m/key",
    "password_anywhere": "50/15m/key",
    "password_nearby": "100/15m/ip",
    "reset_mail": "5/m/key",
    "reset_mail_anywhere": "10/10m/key",
    "reset_mail_nearby": "20/m/ip",
    "sign_up": "20/10m/ip,3/10m/key",
    "emergency_access": "10/10m/key",
    # Wrong secrets in addresses; right ones are not counted.
    "reset_link_guess": "20/m/ip",
    "document_verify": "60/m/ip",
    "reminder_answer": "60/m/ip",
    "secret_guess": "30/m/ip",
    # The password, asked again; and the code from the paper, which opens a record.
    "own_password": "30/10m/key",
    "record_code": "10/h/key",
}
