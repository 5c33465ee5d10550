"""What a user of the official SDK does; runs on an interpreter of its own and prints what it saw as JSON."""

import json
import sys

from smsdrop import CampaignCreate, Client
from smsdrop.exceptions import BadCredentialsError, InsufficientSmsError, ValidationError

url, email, password = sys.argv[1:]
client = Client(email, password, url)
# The SDK takes another root for its login only; its other requests keep the one it was built with.
client._http_client.base_url = url

seen = {
    "me": client.read_me().email,
    "credit_before": client.read_subscription().nbr_sms,
    "campaigns": len(client.read_campaigns(limit=5)),
}
launched = client.send_message("Hello from the SDK", "TestUser", "+22963588213")
seen["launched"] = {"id": launched.id, "status": launched.status, "messages": launched.message_count}
seen["read_back"] = client.read_campaign(launched.id).message
seen["missing"] = client.read_campaign("00000000-0000-0000-0000-000000000000")
seen["credit_after"] = client.read_subscription().nbr_sms

try:
    crowd = ["+229" + str(60000000 + number) for number in range(seen["credit_after"] + 1)]
    client.launch_campaign(CampaignCreate(message="too many", sender="TestUser", recipient_list=crowd))
except InsufficientSmsError as error:
    seen["too_little_credit"] = error.id
    try:
        client.retry_campaign(error.id)
    except InsufficientSmsError as again:
        seen["still_too_little"] = again.id

try:
    client.launch_campaign(
        CampaignCreate(message="x", sender="Not a name!!", recipient_list=["+22963588213"])
    )
except ValidationError as error:
    seen["invalid"] = str(error)

try:
    Client(email, "wrong", url)
except BadCredentialsError:
    seen["wrong_password"] = True

print(json.dumps(seen))
