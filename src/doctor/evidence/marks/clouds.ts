// Marks of the large clouds.

import { GATEWAY, type PlatformMarks } from "./mark.ts";

const invoker = "allow unauthenticated invocations (grant allUsers the role Cloud Run Invoker): the app checks Twilio's signature itself";

const google: PlatformMarks = {
  name: "Google Cloud",
  source: "https://cloud.google.com/run/docs/troubleshooting",
  marks: [
    {
      kind: "login",
      header: ["x-goog-iap-generated-response", /./i],
      says: "asks for a login: Identity-Aware Proxy is on",
      fix: "turn IAP off for the backend of the webhook and the stream",
    },
    {
      kind: "login",
      header: ["location", /accounts\.google\.com\/.*(?:iap|oauth|signin|ServiceLogin)/i],
      says: "sends the request to Google's login",
      fix: "turn IAP off for the backend of the webhook and the stream",
    },
    {
      kind: "login",
      status: [401, 403],
      body: /does not have permission to get URL|request was not authenticated|caller does not have permission/i,
      says: "refuses unauthenticated requests (Cloud Run, Cloud Functions, App Engine)",
      fix: invoker,
    },
    {
      kind: "blocked",
      status: [429],
      body: /Rate exceeded\./,
      says: "has no free instance (Cloud Run)",
      fix: "raise the maximum number of instances and the concurrency",
    },
    {
      kind: "gateway",
      status: GATEWAY,
      body: /The request failed because|The service you requested is not available yet|The server encountered a temporary error/i,
      says: "gets no answer from the container",
      fix: "listen on 0.0.0.0 and the port in PORT, and look at the revision's log",
    },
    {
      kind: "no-app",
      status: [404],
      body: /Page not found[\s\S]*The requested URL was not found on this server|<b>404\.<\/b>[\s\S]*That\S{0,10}s all we know/i,
      says: "has no service at this host",
      fix: "put the service's own run.app address into Twilio's console, and set ingress to all",
    },
    {
      kind: "gateway",
      status: GATEWAY,
      header: ["server", /^Google Frontend$/i],
      says: "gets no answer from the app",
      fix: "listen on 0.0.0.0 and the port in PORT, and look at the revision's log",
    },
  ],
};

const easyAuth = "in the app's Authentication settings, allow unauthenticated access, or exclude the webhook's and the stream's path";

const azure: PlatformMarks = {
  name: "Azure",
  source: "https://learn.microsoft.com/troubleshoot/azure/app-service/web-apps-performance-issues-faqs",
  marks: [
    {
      kind: "login",
      header: ["location", /login\.(?:microsoftonline|windows|microsoft)\.(?:com|net)|\/\.auth\/login\//i],
      says: "sends the request to Microsoft's login",
      fix: easyAuth,
    },
    {
      kind: "login",
      header: ["www-authenticate", /azurewebsites\.net|login\.(?:windows|microsoftonline)/i],
      says: "asks for a Microsoft login",
      fix: easyAuth,
    },
    {
      kind: "no-app",
      body: /This web app is stopped|This Container App is stopped|Error 404 - (?:Web app|This Container App)|Web Site not found/i,
      says: "has no running app at this host",
      fix: "start the app in Azure's portal, and check its quota and its host name",
    },
    {
      kind: "blocked",
      body: /You do not have permission to view this directory or page/i,
      says: "refuses the path",
      fix: "check the app's access restrictions and its startup command: no app is running at this path",
    },
    {
      kind: "crashed",
      body: /:\( Application Error/i,
      says: "reports that the app failed to start",
      fix: "look at the app's log stream, and listen on the port in PORT or WEBSITES_PORT",
    },
  ],
};

const stage =
  "add the stage to the path (https://ID.execute-api.REGION.amazonaws.com/STAGE/path; wss://.../production), and deploy the API";

const aws: PlatformMarks = {
  name: "AWS",
  source: "https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html",
  marks: [
    { kind: "path", body: /"Missing Authentication Token"/, says: "has no such route (API Gateway)", fix: stage },
    {
      kind: "path",
      status: [403],
      body: /"message": ?"Forbidden", ?"connectionId"/,
      says: "has no such path or stage (API Gateway for WebSockets)",
      fix: stage,
    },
    {
      kind: "login",
      header: ["x-amzn-errortype", /AccessDenied|IncompleteSignature|InvalidSignature|UnrecognizedClient|Unauthorized/i],
      says: "requires AWS credentials or an authorizer",
      fix: "set the function URL's auth type to NONE, or the route's authorization to none: Twilio does not send AWS credentials",
    },
    {
      kind: "login",
      status: [403],
      body: /^\s*\{"Message":"Forbidden/,
      says: "requires AWS credentials (function URL)",
      fix: "set the function URL's auth type to NONE, and allow lambda:InvokeFunctionUrl for everyone",
    },
    {
      kind: "blocked",
      header: ["x-amzn-errortype", /Forbidden/i],
      says: "refuses the request (API Gateway)",
      fix: "check the API's resource policy, API key requirement, web ACL and custom domain mapping",
    },
    {
      kind: "login",
      status: [401, 403],
      header: ["apigw-requestid", /./i],
      body: /"(?:Unauthorized|Forbidden)"/,
      says: "requires an authorizer (API Gateway)",
      fix: "remove the authorizer from the webhook's route: the function checks Twilio's signature itself",
    },
    {
      kind: "path",
      status: [404],
      header: ["apigw-requestid", /./i],
      body: /^\s*\{"message": ?"Not Found"\}\s*$/,
      says: "has no such route (API Gateway)",
      fix: "add the route POST /path, or $default, and include the stage in the path",
    },
    {
      kind: "gateway",
      status: GATEWAY,
      body: /^\s*\{"message": ?"(?:Endpoint request timed out|Service Unavailable|Gateway Timeout)"\}\s*$/i,
      says: "gets no answer from the integration (API Gateway)",
      fix: "answer before slow work, and look at the function's log",
    },
    {
      kind: "crashed",
      body: /^\s*\{"message": ?"Internal server error"/i,
      status: [500, 502],
      header: ["x-amzn-errortype", /./],
      says: "reports that the function failed or answered in the wrong form",
      fix: 'look at the function\'s log, and return { statusCode: 200, headers: { "Content-Type": "text/xml" }, body }',
    },
    {
      kind: "crashed",
      status: [500, 502],
      body: /^\s*\{"message": ?"Internal Server Error"\}\s*$/i,
      header: ["apigw-requestid", /./i],
      says: "reports that the function failed or answered in the wrong form",
      fix: 'look at the function\'s log, and return { statusCode: 200, headers: { "Content-Type": "text/xml" }, body }',
    },
    {
      kind: "gateway",
      status: [...GATEWAY, 460, 561],
      header: ["server", /^awselb/i],
      says: "finds no healthy target (load balancer)",
      fix: "check the target group: port, security group and health check, which must get 200",
    },
    {
      kind: "blocked",
      status: [400, 403],
      header: ["server", /^awselb/i],
      says: "refuses the request (load balancer)",
      fix: "check the listener's rules and the web ACL",
    },
    {
      kind: "path",
      status: [404],
      header: ["server", /^awselb/i],
      says: "has no rule for this path (load balancer)",
      fix: "add a listener rule for the path, or a default action that forwards",
    },
    {
      kind: "method",
      header: ["server", /^AmazonS3$/i],
      says: "serves this path as a file (S3)",
      fix: "put the API's address into Twilio's console: S3 serves files only",
    },
  ],
};

export const CLOUDS: readonly PlatformMarks[] = [google, azure, aws];
