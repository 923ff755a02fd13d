"""How fast: ``bench`` and the backtest of a month."""
