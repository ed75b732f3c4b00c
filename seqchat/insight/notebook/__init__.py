"""Results that draw themselves in notebooks: as HTML, as tables of pandas, as figures of matplotlib."""
