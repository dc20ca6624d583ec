import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compress } from './build/compress.ts';
import { contracts } from './build/contracts.ts';

// `treadle server` listens here unless told otherwise; `npm run dev` may say so too.
const server = process.env['TREADLE_URL'] ?? 'http://127.0.0.1:5000';

export default defineConfig({
  plugins: [contracts(), react(), compress()],
  server: {
    host: '127.0.0.1',
    // changeOrigin: the server answers to its own host name only.
    proxy: {
      '/api': { target: server, changeOrigin: true },
      '/health': { target: server, changeOrigin: true },
      '/v2': { target: server, changeOrigin: true },
      '^/endpoints/[^/]+/invocations$': { target: server, changeOrigin: true },
    },
  },
  build: {
    target: 'es2023',
    // The first to know `light-dark()`, which every colour is said with.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // Nothing inline: the content security policy allows scripts and styles from files alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    chunkSizeWarningLimit: 600,
  },
});
