import { JsonDuckDBValueConverter, type DuckDBValueConverter, type Json } from '@duckdb/node-api';

/** As DuckDB's own JSON form, but whole numbers stay numbers where they are exact. */
export const toJson: DuckDBValueConverter<Json> = (value, type, converter) =>
  typeof value === 'bigint' && value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER
    ? Number(value)
    : JsonDuckDBValueConverter(value, type, converter);
