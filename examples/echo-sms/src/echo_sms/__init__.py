"""Echo SMS, a platform for msgnb: `platform` describes it, `client` reads and sends, `mock` imitates it."""

NAME = "echo"
