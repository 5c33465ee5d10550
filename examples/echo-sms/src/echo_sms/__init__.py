"""Echo SMS, a platform for msgnb: `platform` describes it, `client` reads and sends, `mock` stands in for it."""

NAME = "echo"
