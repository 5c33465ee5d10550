"""What is known of the platform's limits, for the descriptor and for those who keep to them."""

from __future__ import annotations

from collections.abc import Mapping

CAMPAIGN_RATE = 3
"""Requests of a campaign per second. NetSapiens publishes no rate limit, but operators block an IP address
for a while if it makes too many requests; a script in production keeps to this rate (NetSapiens 8)."""
NOT_PROCESSED: Mapping[int, str] = {
    429: "OneCloud, API best practices: back off and send the request again (NetSapiens 8)",
}
"""HTTP statuses that prove that a request was not processed, each with its source. NetSapiens itself
documents none, and no operator says so of 503."""
