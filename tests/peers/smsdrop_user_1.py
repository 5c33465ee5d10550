"""What a user of the official SDK 1.0.0 does; runs on an interpreter of its own, prints JSON."""

import json
import sys

from smsdrop import Campaign, Client
from smsdrop.errors import BadCredentialsError, InsufficientSmsError, ValidationError

url, email, password = sys.argv[1:]
client = Client(email, password, url)
seen = {
    "me": client.get_profile().email,
    "credit_before": client.get_subscription().nbr_sms,
    "campaigns": len(client.get_campaigns(limit=5)),
}
launched = client.send_message("Hello from the SDK", "TestUser", "+22963588213")
seen["launched"] = {"id": launched.id, "messages": launched.message_count}
seen["credit_after"] = client.get_subscription().nbr_sms

crowd = ["+229" + str(60000000 + number) for number in range(seen["credit_after"] + 1)]
waiting = Campaign(message="too many", sender="TestUser", recipient_list=crowd)
try:
    client.launch(waiting)
except InsufficientSmsError as error:
    waiting.id = seen["too_little_credit"] = error.id
try:
    client.retry(waiting)
except InsufficientSmsError:
    seen["still_too_little"] = True

try:
    client.launch(Campaign(message="x", sender="Not a name!!", recipient_list=["+22963588213"]))
except ValidationError as error:
    seen["invalid"] = str(error)

try:
    other = Client("other@example.com", "wrong", url)
    other._logout()
    other.get_profile()
except BadCredentialsError:
    seen["wrong_password"] = True

print(json.dumps(seen))
