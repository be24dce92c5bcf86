"""The FluenzR client under the name that its guide uses: `from fluenzr import FluenzrClient`."""

from tidings_client import ApiError, AsyncFluenzrClient, FluenzrClient, TidingsError, verify_fluenzr

__all__ = ["ApiError", "AsyncFluenzrClient", "FluenzrClient", "TidingsError", "verify_fluenzr"]
