"""GraphQL over HTTP and over sockets: from a request to what the engine is asked, and back."""
